// Binary single-value serialization of bounds (Iceberg specification, appendix D).
import { MillraceError } from '../../base/index.ts';
import type { PrimitiveType, Value } from '../types.ts';
import { decimalShape, fixedLength } from './values.ts';

/** The bytes that stand for a value in `lower_bounds`, `upper_bounds` and partition summaries. */
export function valueToBytes(type: PrimitiveType, value: Value): Buffer {
  switch (type) {
    case 'boolean': return Buffer.from([value === true ? 1 : 0]);
    case 'int':
    case 'date': return sized(4, (to) => to.writeInt32LE(Number(value)));
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz': return sized(8, (to) => to.writeBigInt64LE(BigInt(value as bigint)));
    case 'float': return sized(4, (to) => to.writeFloatLE(value as number));
    case 'double': return sized(8, (to) => to.writeDoubleLE(value as number));
    case 'string': return Buffer.from(value as string, 'utf8');
    case 'uuid': return uuidToBytes(value as string);
    case 'binary': return Buffer.from(value as Uint8Array);
  }
  if (decimalShape(type) !== undefined) return unscaledToBytes(value as bigint);
  if (fixedLength(type) !== undefined) return Buffer.from(value as Uint8Array);
  throw new MillraceError('unsupported', `no binary form for values of type ${type}`);
}

/**
 * The inverse. A bound written before its column was widened (int → long, float → double, a decimal of smaller precision) has the
 * old, shorter form and is read as such. undefined where the bytes fit no form of the type: such a bound is unknown.
 */
export function valueFromBytes(type: PrimitiveType, bytes: Uint8Array): Value | undefined {
  const from = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case 'boolean': return from.length === 1 ? from[0] !== 0 : undefined;
    case 'int':
    case 'date': return from.length === 4 ? from.readInt32LE() : undefined;
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz': return from.length === 8 ? from.readBigInt64LE() : from.length === 4 ? BigInt(from.readInt32LE()) : undefined;
    case 'float': return from.length === 4 ? from.readFloatLE() : undefined;
    case 'double': return from.length === 8 ? from.readDoubleLE() : from.length === 4 ? from.readFloatLE() : undefined;
    case 'string': return from.toString('utf8');
    case 'uuid': return from.length === 16 ? bytesToUuid(from) : undefined;
    case 'binary': return Uint8Array.from(from);
  }
  if (decimalShape(type) !== undefined) return from.length === 0 ? undefined : unscaledFromBytes(from);
  return fixedLength(type) === from.length ? Uint8Array.from(from) : undefined;
}

function sized(size: number, write: (to: Buffer) => void): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  write(bytes);
  return bytes;
}

/** Two's complement, big-endian, in as few bytes as hold the value. */
export function unscaledToBytes(value: bigint): Buffer {
  let size = 1;
  while (BigInt.asIntN(8 * size, value) !== value) size++;
  return unscaledToFixed(value, size);
}

/** Two's complement, big-endian, in exactly that many bytes. */
export function unscaledToFixed(value: bigint, size: number): Buffer {
  return Buffer.from(BigInt.asUintN(8 * size, value).toString(16).padStart(2 * size, '0'), 'hex');
}

export function unscaledFromBytes(bytes: Uint8Array): bigint {
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}

export function uuidToBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

export function bytesToUuid(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
