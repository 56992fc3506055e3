// A block of the log: the records of one call for one shard, under one checksum.
//
//  0 u32 magic       4 u32 CRC-32 of all that follows     8 u32 bytes of payload   12 u32 shard, or HEADER
// 16 u32 records    20 u32 0                              24 f64 index of the first record
// 32 f64 arrival (ms since 1970)                          40 f64 length of the file up to which it had been synced before
// 48 payload: per record u16 bytes of partition key, u32 bytes of data, key, data
import { crc32 } from 'node:zlib';

export const BLOCK_HEADER_BYTES = 48;
export const RECORD_HEADER_BYTES = 6;
/** Instead of a shard: the block at the start of a segment, whose payload is JSON. */
export const HEADER = 0xffff_ffff;
/** No call can make a larger one. */
export const MAX_PAYLOAD_BYTES = 32 * 1024 * 1024;

const MAGIC = 0x4b4c_524d;
export const MAGIC_BYTES = Buffer.from([0x4d, 0x52, 0x4c, 0x4b]);

export interface BlockHeader {
  shard: number;
  records: number;
  /** Index of the first record in its shard, from 1 on. */
  first: number;
  arrival: number;
  syncedTo: number;
  payloadBytes: number;
}

/** Completes a block whose payload is in place already. */
export function sealBlock(buffer: Buffer, at: number, { shard, records, first, arrival, syncedTo, payloadBytes }: BlockHeader): void {
  buffer.writeUInt32LE(MAGIC, at);
  buffer.writeUInt32LE(payloadBytes, at + 8);
  buffer.writeUInt32LE(shard, at + 12);
  buffer.writeUInt32LE(records, at + 16);
  buffer.writeUInt32LE(0, at + 20);
  buffer.writeDoubleLE(first, at + 24);
  buffer.writeDoubleLE(arrival, at + 32);
  buffer.writeDoubleLE(syncedTo, at + 40);
  buffer.writeUInt32LE(crc32(buffer.subarray(at + 8, at + BLOCK_HEADER_BYTES + payloadBytes)), at + 4);
}

/** What the header says, or undefined where there is none; tells nothing of the payload. */
export function readHeader(buffer: Buffer, at: number): BlockHeader | undefined {
  if (buffer.length - at < BLOCK_HEADER_BYTES || buffer.readUInt32LE(at) !== MAGIC) return undefined;
  const payloadBytes = buffer.readUInt32LE(at + 8);
  if (payloadBytes > MAX_PAYLOAD_BYTES) return undefined;
  return {
    payloadBytes,
    shard: buffer.readUInt32LE(at + 12),
    records: buffer.readUInt32LE(at + 16),
    first: buffer.readDoubleLE(at + 24),
    arrival: buffer.readDoubleLE(at + 32),
    syncedTo: buffer.readDoubleLE(at + 40),
  };
}

/** Bytes from the start of a block to the next. */
export function blockBytes({ payloadBytes }: { payloadBytes: number }): number {
  return BLOCK_HEADER_BYTES + payloadBytes;
}

/** Whether the whole block is there as it was written. */
export function isIntact(buffer: Buffer, at: number, { payloadBytes }: BlockHeader): boolean {
  const end = at + BLOCK_HEADER_BYTES + payloadBytes;
  return end <= buffer.length && crc32(buffer.subarray(at + 8, end)) === buffer.readUInt32LE(at + 4);
}

export interface LogRecord {
  partitionKey: string;
  data: Buffer;
}

/** Bytes that a record takes in a payload. */
export function recordBytes(keyBytes: number, dataBytes: number): number {
  return RECORD_HEADER_BYTES + keyBytes + dataBytes;
}

/** Writes one record and gives where the next begins; undefined where the data are not the base64 text of so many bytes. */
export function writeRecord(
  buffer: Buffer,
  at: number,
  partitionKey: string,
  keyBytes: number,
  data: Uint8Array | string,
  dataBytes: number,
): number | undefined {
  buffer.writeUInt16LE(keyBytes, at);
  buffer.writeUInt32LE(dataBytes, at + 2);
  buffer.write(partitionKey, at + RECORD_HEADER_BYTES, 'utf8');
  const start = at + RECORD_HEADER_BYTES + keyBytes;
  if (typeof data !== 'string') buffer.set(data, start);
  else if (data.length % 4 !== 0 || data.includes('-') || data.includes('_') || buffer.write(data, start, dataBytes, 'base64') !== dataBytes)
    return undefined;
  return start + dataBytes;
}

/** Calls back with each record of a payload in order until `visit` gives false. The data are views of the buffer. */
export function visitRecords(buffer: Buffer, at: number, { records }: BlockHeader, visit: (record: LogRecord, position: number) => boolean): void {
  let offset = at + BLOCK_HEADER_BYTES;
  for (let position = 0; position < records; position++) {
    const keyEnd = offset + RECORD_HEADER_BYTES + buffer.readUInt16LE(offset);
    const end = keyEnd + buffer.readUInt32LE(offset + 2);
    const more = visit({ partitionKey: buffer.toString('utf8', offset + RECORD_HEADER_BYTES, keyEnd), data: buffer.subarray(keyEnd, end) }, position);
    if (!more) return;
    offset = end;
  }
}
