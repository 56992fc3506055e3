// Values from the text in which DuckDB reports column statistics.
import { MillraceError } from '../../base/index.ts';
import { decimalShape } from '../format/values.ts';
import type { PrimitiveType, Value } from '../types.ts';

/** A value from DuckDB's text of it. Infinite dates and times, which Iceberg does not have, are an error. */
export function valueFromText(type: PrimitiveType, text: string): Value {
  switch (type) {
    case 'boolean': return text === '1' || text === 'true';
    case 'int': return Number(text);
    case 'long': return BigInt(text);
    case 'float': return Math.fround(floatFromText(text));
    case 'double': return floatFromText(text);
    case 'date': return daysFromText(text);
    case 'time': return microsFromText(text);
    case 'timestamp':
    case 'timestamptz': return timestampFromText(text);
    case 'string':
    case 'uuid': return text;
    case 'binary': return Uint8Array.from(Buffer.from(text, 'hex'));
  }
  if (decimalShape(type) !== undefined) return unscaledFromText(text, type);
  throw new MillraceError('unsupported', `no values of type ${type} in statistics`);
}

function floatFromText(text: string): number {
  switch (text) {
    case 'inf': return Infinity;
    case '-inf': return -Infinity;
    case 'nan': return NaN;
    default: return Number(text);
  }
}

/** −10500n for `-1.0500` and decimal(9,4). */
export function unscaledFromText(text: string, type: PrimitiveType): bigint {
  const scale = decimalShape(type)?.scale ?? 0;
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole.replace(/^-/, '') + fraction.padEnd(scale, '0')) * (text.startsWith('-') ? -1n : 1n);
}

const DATE = /^(\d+)-(\d\d)-(\d\d)( \(BC\))?/;
const TIME = /(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:\+00)?$/;

function daysFromText(text: string): number {
  const match = DATE.exec(text);
  if (match === null) throw notFinite(text);
  const [, year, month, day, isBeforeChrist] = match;
  return daysFromCivil(isBeforeChrist === undefined ? Number(year) : 1 - Number(year), Number(month), Number(day));
}

function microsFromText(text: string): bigint {
  const match = TIME.exec(text);
  if (match === null) throw notFinite(text);
  const [, hours, minutes, seconds, fraction = ''] = match;
  return BigInt((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
}

function timestampFromText(text: string): bigint {
  return BigInt(daysFromText(text)) * 86_400_000_000n + microsFromText(text);
}

function notFinite(text: string): MillraceError {
  return new MillraceError('bad_input', `${text} is not a value that an Iceberg table can hold`);
}

/** Days since 1970 of a date of the proleptic Gregorian calendar, for any year (JavaScript's Date ends at 271821 BC). */
function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year; // the year starts in March, so that leap days come last
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
