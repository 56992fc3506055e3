// Values of columns: their order, and what a primitive type says about how a value is held.
import type { PrimitiveType, Value } from '../types.ts';

export interface DecimalShape { precision: number; scale: number }

/** Precision and scale of `decimal(p,s)`; undefined for any other type. */
export function decimalShape(type: string): DecimalShape | undefined {
  const match = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(type);
  return match === null ? undefined : { precision: Number(match[1]), scale: Number(match[2]) };
}

/** Length of `fixed[n]`; undefined for any other type. */
export function fixedLength(type: string): number | undefined {
  const match = /^fixed\[(\d+)\]$/.exec(type);
  return match === null ? undefined : Number(match[1]);
}

const PLAIN_TYPES = new Set<string>([
  'boolean', 'int', 'long', 'float', 'double', 'date', 'time', 'timestamp', 'timestamptz', 'string', 'uuid', 'binary',
]);

export function isPrimitiveType(type: unknown): type is PrimitiveType {
  return typeof type === 'string' && (PLAIN_TYPES.has(type) || decimalShape(type) !== undefined || fixedLength(type) !== undefined);
}

/** Bytes that a decimal of that precision takes in Parquet and Avro `fixed`. */
export function decimalBytes(precision: number): number {
  let bytes = 1;
  while (2n ** BigInt(8 * bytes - 1) <= 10n ** BigInt(precision) - 1n) bytes++;
  return bytes;
}

const encoder = new TextEncoder();

/**
 * Order of two values of one type, as Iceberg compares bounds: numbers and times by size (−0 before +0, NaN last), strings by
 * their UTF-8 bytes, binary by unsigned bytes, false before true.
 */
export function compareValues(left: Value, right: Value): number {
  if (typeof left === 'string') return compareStrings(left, right as string);
  if (typeof left === 'object') return Buffer.compare(left, right as Uint8Array);
  if (typeof left === 'number' && typeof right === 'number') return compareNumbers(left, right);
  return left < right ? -1 : left > right ? 1 : 0;
}

function compareNumbers(left: number, right: number): number {
  if (left < right) return -1;
  if (left > right) return 1;
  if (left === right) return left !== 0 ? 0 : Number(Object.is(right, -0)) - Number(Object.is(left, -0));
  return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
}

/** By code point, which is the order of the UTF-8 bytes; UTF-16 units alone would misplace characters beyond the BMP. */
function compareStrings(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length);
  for (let at = 0; at < shorter; at++) {
    let a = left.charCodeAt(at);
    let b = right.charCodeAt(at);
    if (a === b) continue;
    if (a >= 0xd800 && b >= 0xd800) { // surrogates sort above all other units
      a = a >= 0xe000 ? a - 0x800 : a + 0x2000;
      b = b >= 0xe000 ? b - 0x800 : b + 0x2000;
    }
    return a - b;
  }
  return left.length - right.length;
}

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Whether two values of one type, or nulls, are the same; NaN equals NaN, −0 does not equal +0. */
export function sameValue(left: Value | null | undefined, right: Value | null | undefined): boolean {
  if (left === null || left === undefined || right === null || right === undefined) return (left ?? null) === (right ?? null);
  return typeof left === typeof right && compareValues(left, right) === 0;
}

/** A text that is equal for equal tuples and different for different ones: a key for maps. */
export function tupleKey(values: readonly (Value | null)[]): string {
  return values.map(keyOf).join('|');
}

function keyOf(value: Value | null): string {
  if (value === null) return 'n';
  switch (typeof value) {
    case 'string': return `s${value.length}:${value}`;
    case 'object': return `x${Buffer.from(value).toString('hex')}`;
    case 'number': return Object.is(value, -0) ? 'd-0' : `d${value}`;
    default: return `${typeof value === 'bigint' ? 'i' : 'b'}${value}`;
  }
}
