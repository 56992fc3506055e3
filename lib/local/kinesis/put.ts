// From the records of a call to blocks of the log: checked, each with its shard, laid out in one buffer.
import { KinesisError } from './errors.ts';
import { findRange, hashOfPartitionKey, parseHashKey } from './hash-keys.ts';
import { BLOCK_HEADER_BYTES, recordBytes, writeRecord } from './log/block.ts';
import type { Appended, Batch } from './log/log.ts';
import { formatSequences } from './sequence.ts';
import { shardName, type Shard } from './shards.ts';
import type { PutOptions, PutOutcome, RecordInput } from './types.ts';

export const MAX_RECORDS_A_CALL = 500;
export const MAX_BYTES_A_CALL = 10 * 1024 * 1024;
const MAX_KEY_CHARACTERS = 256;

/** Open shards in the order of their ranges. */
export interface Routing {
  shards: readonly Shard[];
  starts: readonly string[];
}

/** A call that is ready to be appended. */
export interface PreparedPut {
  batch: Batch;
  /** For each block the positions of its records in the call. */
  blocks: readonly { shard: Shard; positions: readonly number[] }[];
  outcomes: (PutOutcome | undefined)[];
}

/** @throws KinesisError `ValidationException`, `InvalidArgumentException` or `SerializationException`: then nothing of the call is taken. */
export function preparePut(records: readonly RecordInput[], routing: Routing, maxRecordBytes: number, { admit }: PutOptions = {}): PreparedPut {
  const count = records.length;
  if (count === 0 || count > MAX_RECORDS_A_CALL)
    throw violation('records', count === 0 ? 'greater than or equal to 1' : `less than or equal to ${MAX_RECORDS_A_CALL}`);
  const keyBytes = new Uint32Array(count);
  const dataBytes = new Uint32Array(count);
  let total = 0;
  for (let at = 0; at < count; at++) {
    const { partitionKey, data } = records[at] as RecordInput;
    checkKey(partitionKey, at);
    const key = Buffer.byteLength(partitionKey);
    const bytes = typeof data === 'string' ? base64Bytes(data) : data.length;
    if (key + bytes > maxRecordBytes) throw violation(`records.${at + 1}.member.data`, `less than or equal to ${maxRecordBytes}`);
    keyBytes[at] = key;
    dataBytes[at] = bytes;
    total += key + bytes;
  }
  if (total > MAX_BYTES_A_CALL) throw new KinesisError('InvalidArgumentException', 'Records size exceeds 10 MB limit');

  const outcomes = Array<PutOutcome | undefined>(count).fill(undefined);
  const positions: number[][] = routing.shards.map(() => []);
  const payloads = new Float64Array(routing.shards.length);
  for (let at = 0; at < count; at++) {
    const shard = shardOf(records[at] as RecordInput, routing);
    const refusal = admit?.(shardName((routing.shards[shard] as Shard).number), (keyBytes[at] as number) + (dataBytes[at] as number));
    if (refusal !== undefined) {
      outcomes[at] = { ok: false, ...refusal };
      continue;
    }
    (positions[shard] as number[]).push(at);
    payloads[shard] = (payloads[shard] as number) + recordBytes(keyBytes[at] as number, dataBytes[at] as number);
  }
  return { ...layOut(records, routing, positions, payloads, keyBytes, dataBytes), outcomes };
}

function checkKey(partitionKey: string, at: number): void {
  if (partitionKey.length === 0) throw violation(`records.${at + 1}.member.partitionKey`, 'greater than or equal to 1');
  if (partitionKey.length > MAX_KEY_CHARACTERS && [...partitionKey].length > MAX_KEY_CHARACTERS) {
    throw violation(`records.${at + 1}.member.partitionKey`, `less than or equal to ${MAX_KEY_CHARACTERS}`);
  }
}

function shardOf({ partitionKey, explicitHashKey }: RecordInput, { starts }: Routing): number {
  if (explicitHashKey !== undefined) {
    const key = parseHashKey(explicitHashKey);
    if (key === undefined)
      throw new KinesisError(
        'InvalidArgumentException',
        `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${explicitHashKey}`,
      );
    return findRange(starts, key);
  }
  return starts.length === 1 ? 0 : findRange(starts, hashOfPartitionKey(partitionKey));
}

function layOut(
  records: readonly RecordInput[],
  { shards }: Routing,
  positions: readonly number[][],
  payloads: Float64Array,
  keyBytes: Uint32Array,
  dataBytes: Uint32Array,
): Omit<PreparedPut, 'outcomes'> {
  const used = shards.flatMap((shard, at) =>
    (positions[at] as number[]).length > 0 ? [{ shard, positions: positions[at] as number[], payloadBytes: payloads[at] as number }] : [],
  );
  const buffer = Buffer.allocUnsafeSlow(used.reduce((sum, { payloadBytes }) => sum + BLOCK_HEADER_BYTES + payloadBytes, 0));
  let offset = 0;
  const blocks = used.map(({ shard, positions, payloadBytes }) => {
    const block = { shard: shard.number, offset, records: positions.length, payloadBytes };
    offset += BLOCK_HEADER_BYTES;
    for (const at of positions) {
      const { partitionKey, data } = records[at] as RecordInput;
      const end = writeRecord(buffer, offset, partitionKey, keyBytes[at] as number, data, dataBytes[at] as number);
      if (end === undefined) throw new KinesisError('SerializationException', `The data of record ${at + 1} are not valid base64.`);
      offset = end;
    }
    return block;
  });
  return { batch: { buffer, blocks }, blocks: used };
}

/** What each record of the call has become. */
export function outcomesOf({ blocks, outcomes }: PreparedPut, appended: readonly Appended[]): PutOutcome[] {
  for (const [number, { shard, positions }] of blocks.entries()) {
    const { first, arrival } = appended[number] as Appended;
    const shardId = shardName(shard.number);
    const sequences = formatSequences(shard, first, positions.length, arrival);
    for (let at = 0; at < positions.length; at++) outcomes[positions[at] as number] = { ok: true, sequence: sequences[at] as string, shardId };
  }
  return outcomes as PutOutcome[];
}

/** Bytes that valid base64 stands for; what is not valid is found out when it is written. */
function base64Bytes(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return Math.max(0, (text.length >> 2) * 3 - padding);
}

function violation(field: string, rule: string): KinesisError {
  return new KinesisError(
    'ValidationException',
    `1 validation error detected: Value at '${field}' failed to satisfy constraint: Member must have length ${rule}`,
  );
}
