// Partition transforms (Iceberg specification, "Partition Transforms"): from a column's value to a partition's value.
import { MillraceError } from '../../base/index.ts';
import type { PrimitiveType, Transform, Value } from '../types.ts';
import { murmur3 } from './murmur3.ts';
import { unscaledToBytes, uuidToBytes } from './single-value.ts';
import { decimalShape, fixedLength, utf8 } from './values.ts';

export type TransformKind = 'identity' | 'bucket' | 'truncate' | 'year' | 'month' | 'day' | 'hour' | 'void';
export interface ParsedTransform { kind: TransformKind; width: number }

const MICROS_A_DAY = 86_400_000_000n;
const MICROS_AN_HOUR = 3_600_000_000n;

/** Takes `bucket[16]` apart; a transform that nobody here knows is refused by name. */
export function parseTransform(transform: string): ParsedTransform {
  const match = /^(bucket|truncate)\[(\d+)\]$/.exec(transform);
  if (match !== null) return { kind: match[1] as TransformKind, width: Number(match[2]) };
  switch (transform) {
    case 'identity': case 'year': case 'month': case 'day': case 'hour': case 'void': return { kind: transform, width: 0 };
  }
  throw new MillraceError('unsupported', `the partition transform ${transform} is not one of Iceberg's version 2`);
}

/** The type of a partition value; throws where the transform does not take the source's type. */
export function transformResultType(transform: Transform, source: PrimitiveType): PrimitiveType {
  const { kind } = parseTransform(transform);
  if (!acceptsSource(kind, source)) throw new MillraceError('bad_input', `${transform} does not take a column of type ${source}`);
  switch (kind) {
    case 'bucket': case 'year': case 'month': case 'hour': return 'int';
    case 'day': return 'date';
    default: return source;
  }
}

function acceptsSource(kind: TransformKind, source: PrimitiveType): boolean {
  const isTimestamp = source === 'timestamp' || source === 'timestamptz';
  switch (kind) {
    case 'identity': case 'void': return true;
    case 'year': case 'month': case 'day': return isTimestamp || source === 'date';
    case 'hour': return isTimestamp;
    case 'truncate': return ['int', 'long', 'string', 'binary'].includes(source) || decimalShape(source) !== undefined;
    case 'bucket': return !['boolean', 'float', 'double'].includes(source);
  }
}

/** Compiles a transform for a source type. null stays null, void gives null always. */
export function transformFunction(transform: Transform, source: PrimitiveType): (value: Value | null) => Value | null {
  transformResultType(transform, source);
  const { kind, width } = parseTransform(transform);
  const apply = valueFunction(kind, width, source);
  return (value) => (value === null ? null : apply(value));
}

function valueFunction(kind: TransformKind, width: number, source: PrimitiveType): (value: Value) => Value | null {
  switch (kind) {
    case 'identity': return (value) => value;
    case 'void': return () => null;
    case 'bucket': return (value) => (bucketHash(source, value) & 0x7fffffff) % width;
    case 'truncate': return truncateFunction(width, source);
    case 'hour': return (value) => Number(floorDivide(value as bigint, MICROS_AN_HOUR));
    case 'day': return (value) => daysOf(source, value);
    case 'month': return (value) => monthsOfDays(daysOf(source, value));
    case 'year': return (value) => Math.floor(monthsOfDays(daysOf(source, value)) / 12);
  }
}

/** Hash of a value as appendix B has it: int and long hash alike, and so do int-like dates and times. */
export function bucketHash(source: PrimitiveType, value: Value): number {
  switch (source) {
    case 'string': return murmur3(utf8(value as string));
    case 'binary': return murmur3(value as Uint8Array);
    case 'uuid': return murmur3(uuidToBytes(value as string));
  }
  if (fixedLength(source) !== undefined) return murmur3(value as Uint8Array);
  if (decimalShape(source) !== undefined) return murmur3(unscaledToBytes(value as bigint));
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64LE(BigInt(value as number | bigint));
  return murmur3(bytes);
}

function truncateFunction(width: number, source: PrimitiveType): (value: Value) => Value {
  if (source === 'string') return (value) => truncateText(value as string, width);
  if (source === 'binary') return (value) => (value as Uint8Array).slice(0, width);
  if (source === 'int') return (value) => (value as number) - modulo(value as number, width);
  const wide = BigInt(width);
  return (value) => floorDivide(value as bigint, wide) * wide;
}

/** The first characters of a text, counted in Unicode code points. */
export function truncateText(text: string, codePoints: number): string {
  if (text.length <= codePoints) return text;
  let end = 0;
  for (let taken = 0; taken < codePoints && end < text.length; taken++) end += (text.codePointAt(end) as number) > 0xffff ? 2 : 1;
  return text.slice(0, end);
}

function daysOf(source: PrimitiveType, value: Value): number {
  return source === 'date' ? (value as number) : Number(floorDivide(value as bigint, MICROS_A_DAY));
}

function monthsOfDays(days: number): number {
  const date = new Date(days * 86_400_000);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
