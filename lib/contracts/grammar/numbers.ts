// The grammars of numbers: what is a number at all, what fits the column, and what plainly fits its bounds too.
import type { Column } from '../types.ts';
import { rangePattern } from './ranges.ts';

/** ASCII digits, a sign if any. No spaces, exponents, grouping or other scripts' digits, which engines read differently. */
const WHOLE = '[+-]?[0-9]+';
const DECIMAL = '[+-]?[0-9]+(?:\\.[0-9]+)?';

/** Digits before and behind the point. Money is DECIMAL(18,4). */
export function digitsOf(column: Column): { integer: number; scale: number } {
  if (column.kind === 'money') return { integer: 14, scale: 4 };
  if (column.kind === 'decimal') return { integer: (column.precision ?? 38) - (column.scale ?? 0), scale: column.scale ?? 0 };
  return { integer: 19, scale: 0 };
}

/** Milliseconds of 1900-01-01 and of the end of 9999: outside of that an epoch is no time that every engine can show. */
export const EPOCH_MS_RANGE = Object.freeze({ min: -2_208_988_800_000n, max: 253_402_300_799_999n });

/** Whether text is a number of the column's kind, whatever its size. */
export function numberShape(column: Column): string {
  if (column.kind === 'integer' || column.kind === 'epoch_ms') return column.canonical === 'integer' ? `${WHOLE}(?:\\.0+)?` : WHOLE;
  return DECIMAL;
}

/** decimal and money: text of the right shape whose digits before the point fit. */
export function integerPartFits(column: Column): string {
  const { integer } = digitsOf(column);
  return `[+-]?0*${integer === 0 ? '0' : `[0-9]{1,${integer}}`}(?:\\.[0-9]+)?`;
}

/** decimal and money: text of the right shape whose digits behind the point fit; zeros at the end do not count. */
export function scaleFits(column: Column): string {
  const { scale } = digitsOf(column);
  return `[+-]?[0-9]+(?:\\.${scale === 0 ? '0+' : `[0-9]{1,${scale}}0*`})?`;
}

/**
 * Text that needs no other check: right shape, fits, and within the bounds. Some valid values are not plain (leading zeros, a plus
 * sign, 19 digits); they are checked at length. undefined: no value is plain.
 */
export function plainNumber(column: Column): string | undefined {
  const { integer, scale } = digitsOf(column);
  const whole = column.kind === 'integer' || column.kind === 'epoch_ms';
  const most = 10n ** BigInt(whole ? 18 : integer) - 1n;
  const [low, high] = column.kind === 'epoch_ms' ? [EPOCH_MS_RANGE.min, EPOCH_MS_RANGE.max] : [-most, most];
  const min = column.min === undefined ? low : larger(ceiling(String(column.min)), low);
  const max = column.max === undefined ? high : smaller(floor(String(column.max)), high);
  // With a fraction a value lies beyond its whole part, so the outermost whole numbers allow only zeros behind the point there.
  const open = whole ? 0n : 1n;
  // Rounding can carry into the next whole number, which still is within the bounds unless it was the outermost one.
  const fraction = column.round === true ? '(?:\\.[0-9]+)?' : scale === 0 ? '' : `(?:\\.[0-9]{1,${scale}})?`;
  const alternatives: string[] = [];
  const add = (sign: string, from: bigint, to: bigint, edge: bigint) => {
    const inner = to === most && column.round !== true ? to : to - open;
    if (from <= inner) alternatives.push(`${sign}(?:${spell(from, inner)})${fraction}`);
    if (inner < edge && edge >= from && scale > 0) alternatives.push(`${sign}${edge}(?:\\.0{1,${scale}})?`);
    else if (inner < edge && edge >= from) alternatives.push(`${sign}${edge}`);
  };
  if (max >= 0n) add('', larger(min, 0n), max, max);
  if (min < 0n) add('-', larger(-max, min <= -1n && max < 0n ? 1n : 0n), -min, -min);
  return alternatives.length === 0 ? undefined : alternatives.join('|');
}

/** The shortest pattern for a range: a run of any digits where it has no upper edge worth naming. */
function spell(from: bigint, to: bigint): string {
  const digits = String(to).length;
  if (from === 0n && to === 10n ** BigInt(digits) - 1n) return `[0-9]{1,${digits}}`;
  return rangePattern(from, to);
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

function floor(number: string): bigint {
  const whole = BigInt(number.split('.')[0] || '0');
  return number.startsWith('-') && /\.\d*[1-9]/.test(number) ? whole - 1n : whole;
}
function ceiling(number: string): bigint {
  const whole = BigInt(number.split('.')[0] || '0');
  return !number.startsWith('-') && /\.\d*[1-9]/.test(number) ? whole + 1n : whole;
}
