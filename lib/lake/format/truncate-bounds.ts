// Shortening bounds of texts and bytes without making them wrong: lower bounds are cut, upper bounds cut and rounded up.
import { truncateText } from './transforms.ts';
import type { Value } from '../types.ts';

const LAST_CODE_POINT = 0x10ffff;

/** A value no greater than the bound, at most `length` code points or bytes long. Other types stay whole. */
export function truncateLower(bound: Value, length: number): Value {
  if (typeof bound === 'string') return truncateText(bound, length);
  return bound instanceof Uint8Array ? bound.slice(0, length) : bound;
}

/** A value no smaller than the bound, at most `length` code points or bytes long; undefined where there is none. */
export function truncateUpper(bound: Value, length: number): Value | undefined {
  if (typeof bound === 'string') return roundUpText(bound, length);
  return bound instanceof Uint8Array ? roundUpBytes(bound, length) : bound;
}

function roundUpText(text: string, length: number): string | undefined {
  const cut = truncateText(text, length);
  if (cut.length === text.length) return text;
  const codePoints = Array.from(cut, (character) => character.codePointAt(0) as number);
  for (let last = codePoints.length - 1; last >= 0; last--) {
    const next = nextCodePoint(codePoints[last] as number);
    if (next !== undefined) return String.fromCodePoint(...codePoints.slice(0, last), next);
  }
  return undefined;
}

/** Surrogates are no characters: after U+D7FF comes U+E000. */
function nextCodePoint(codePoint: number): number | undefined {
  if (codePoint >= LAST_CODE_POINT) return undefined;
  return codePoint === 0xd7ff ? 0xe000 : codePoint + 1;
}

function roundUpBytes(bytes: Uint8Array, length: number): Uint8Array | undefined {
  if (bytes.length <= length) return bytes;
  const cut = bytes.slice(0, length);
  for (let last = cut.length - 1; last >= 0; last--) {
    if ((cut[last] as number) < 0xff) {
      cut[last] = (cut[last] as number) + 1;
      return cut.slice(0, last + 1);
    }
  }
  return undefined;
}
