// From a value of an event's JSON to the text that bronze keeps.
import { plainText } from '../values/numbers.ts';

/** undefined: it cannot be kept as text (an object, an array, a number that JSON could not carry exactly, half a character). */
export type TextOrNull = string | null | undefined;

/**
 * Text as it came; numbers as digits without exponent, booleans as `true` and `false`; null, a missing key and empty text as null.
 * Whole numbers beyond 2^53 are undefined, since their last digits are lost: producers send them as text.
 */
export function textOf(value: unknown): TextOrNull {
  switch (typeof value) {
    case 'string':
      return value === '' ? null : value.isWellFormed() ? value : undefined;
    case 'number':
      return Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? plainText(Object.is(value, -0) ? 0 : value) : undefined;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return String(value);
    case 'undefined':
      return null;
    default:
      return value === null ? null : undefined;
  }
}
