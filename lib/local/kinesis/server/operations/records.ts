// Records in and out.
import { KinesisError, RecordRefused } from '../../errors.ts';
import { parseIterator } from '../../iterator.ts';
import { MAX_RECORDS_A_CALL } from '../../put.ts';
import { shardName } from '../../shards.ts';
import type { IteratorStart, PutOptions, RecordInput } from '../../types.ts';
import { aStream, integer, mistyped, shardId, text } from '../fields.ts';
import { parsePutRecords } from '../put-records-json.ts';
import { streamOf, type Operation, type Service } from './operation.ts';

const ITERATOR_TYPES = ['AFTER_SEQUENCE_NUMBER', 'LATEST', 'AT_TIMESTAMP', 'AT_SEQUENCE_NUMBER', 'TRIM_HORIZON'] as const;
const KEY = String.raw`0|([1-9]\d{0,38})`;
const SEQUENCE = String.raw`0|([1-9]\d{0,128})`;

/** What the per-shard limits and the faults on purpose say to each record. */
function admission({ limiter, faults, refusals }: Service, stream: string): PutOptions {
  if (limiter === undefined && faults === undefined) return {};
  return {
    admit: (shard, bytes) => {
      const refusal = faults?.admit(stream, shard) ?? limiter?.admit(stream, shard, bytes);
      if (refusal !== undefined) refusals.ofRecord(stream, shard, refusal);
      return refusal;
    },
  };
}

const putRecord: Operation = {
  fields: {
    ...aStream,
    PartitionKey: text({ required: true, min: 1 }),
    ExplicitHashKey: text({ pattern: KEY }),
    SequenceNumberForOrdering: text({ pattern: SEQUENCE }),
    Data: { kind: 'data', required: true },
  },
  async run(service, { input }) {
    const { PartitionKey, ExplicitHashKey, Data } = input as { PartitionKey: string; ExplicitHashKey?: string; Data: Uint8Array | string };
    const name = streamOf(input);
    const [outcome] = await service.streams
      .put(
        name,
        [{ partitionKey: PartitionKey, data: Data, ...(ExplicitHashKey === undefined ? {} : { explicitHashKey: ExplicitHashKey }) }],
        admission(service, name),
      )
      .catch((error: unknown) => {
        throw asOneRecord(error);
      });
    if (outcome === undefined || !outcome.ok) throw new RecordRefused(outcome?.errorCode ?? 'InternalFailure', outcome?.message ?? 'Internal failure');
    return { SequenceNumber: outcome.sequence, ShardId: outcome.shardId, EncryptionType: 'NONE' };
  },
};

/** PutRecord names its own fields, not those of a list. */
function asOneRecord(error: unknown): unknown {
  return error instanceof KinesisError && error.message.includes("'records.1.member.")
    ? new KinesisError(error.type, error.message.replace('records.1.member.', ''))
    : error;
}

const putRecords: Operation = {
  parseJson: parsePutRecords,
  fields: { ...aStream, Records: { kind: 'list', required: true, min: 1, max: MAX_RECORDS_A_CALL } },
  async run(service, { input }) {
    const name = streamOf(input);
    const outcomes = await service.streams.put(name, (input['Records'] as unknown[]).map(recordInput), admission(service, name));
    let failed = 0;
    const results = outcomes.map((outcome) => {
      if (outcome.ok) return { SequenceNumber: outcome.sequence, ShardId: outcome.shardId };
      failed++;
      return { ErrorCode: outcome.errorCode, ErrorMessage: outcome.message };
    });
    return { FailedRecordCount: failed, Records: results, EncryptionType: 'NONE' };
  },
};

/** One of up to 500: checked by hand, because this is where a busy endpoint spends its time. */
function recordInput(value: unknown, at: number): RecordInput {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mistyped(value, 'Structure');
  const { Data: data, PartitionKey: partitionKey, ExplicitHashKey: explicitHashKey } = value as Record<string, unknown>;
  if (typeof data !== 'string' && !(data instanceof Uint8Array))
    throw data === undefined || data === null ? missing('data', at) : mistyped(data, 'Blob');
  if (typeof partitionKey !== 'string')
    throw partitionKey === undefined || partitionKey === null ? missing('partitionKey', at) : mistyped(partitionKey, 'String');
  if (explicitHashKey === undefined || explicitHashKey === null) return { data, partitionKey };
  if (typeof explicitHashKey !== 'string') throw mistyped(explicitHashKey, 'String');
  if (!/^(0|([1-9]\d{0,38}))$/.test(explicitHashKey)) {
    throw new KinesisError(
      'ValidationException',
      `1 validation error detected: Value '${explicitHashKey.slice(0, 200)}' at 'records.${at + 1}.member.explicitHashKey' ` +
        `failed to satisfy constraint: Member must satisfy regular expression pattern: ${KEY}`,
    );
  }
  return { data, partitionKey, explicitHashKey };
}

function missing(field: string, at: number): KinesisError {
  return new KinesisError(
    'ValidationException',
    `1 validation error detected: Value null at 'records.${at + 1}.member.${field}' failed to satisfy constraint: Member must not be null`,
  );
}

const getShardIterator: Operation = {
  fields: {
    ...aStream,
    ShardId: shardId({ required: true }),
    ShardIteratorType: text({ required: true, oneOf: ITERATOR_TYPES }),
    StartingSequenceNumber: text({ pattern: SEQUENCE }),
    Timestamp: { kind: 'time' },
  },
  async run({ streams, clock }, { input }) {
    const {
      ShardId,
      ShardIteratorType: type,
      StartingSequenceNumber: sequence,
      Timestamp: timestamp,
    } = input as { ShardId: string; ShardIteratorType: (typeof ITERATOR_TYPES)[number]; StartingSequenceNumber?: string; Timestamp?: number };
    const isBySequence = type === 'AT_SEQUENCE_NUMBER' || type === 'AFTER_SEQUENCE_NUMBER';
    if (isBySequence !== (sequence !== undefined)) {
      throw new KinesisError(
        'InvalidArgumentException',
        'Must either specify (1) AT_SEQUENCE_NUMBER and StartingSequenceNumber or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber ' +
          'or (2) TRIM_HORIZON, LATEST or AT_TIMESTAMP and no StartingSequenceNumber. ' +
          `Request specified ${type} and ${sequence === undefined ? 'no' : 'also a'} StartingSequenceNumber.`,
      );
    }
    if (type === 'AT_TIMESTAMP' && timestamp === undefined)
      throw new KinesisError(
        'InvalidArgumentException',
        'Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.',
      );
    if (type === 'AT_TIMESTAMP' && (timestamp as number) > clock.now()) {
      throw new KinesisError(
        'InvalidArgumentException',
        'The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. ' +
          `timestampInMillis: ${timestamp}, currentTimestampInMillis: ${clock.now()}`,
      );
    }
    const from = { type, sequence, timestamp } as IteratorStart;
    return { ShardIterator: await streams.iterator(streamOf(input), ShardId, from) };
  },
};

const getRecords: Operation = {
  fields: {
    ShardIterator: text({ required: true, min: 1, max: 512 }),
    Limit: integer({ min: 1, max: 10_000 }),
    StreamARN: aStream['StreamARN'] as Operation['fields'][string],
  },
  async run({ streams, clock, limiter }, { input, codec, waitMilliseconds, signal }) {
    const { ShardIterator: iterator, Limit: limit = 10_000 } = input as { ShardIterator: string; Limit?: number };
    const { stream, shard } = parseIterator(iterator, clock.now());
    limiter?.admitRead(stream, shardName(shard));
    const { records, next, millisBehindLatest, children } = await streams.read(iterator, { limit, waitMilliseconds, signal });
    limiter?.countRead(
      stream,
      shardName(shard),
      records.reduce((sum, { data, partitionKey }) => sum + data.length + partitionKey.length, 0),
    );
    return {
      Records: records.map(({ position, partitionKey, data, arrivedAt }) => ({
        SequenceNumber: position.sequence,
        ApproximateArrivalTimestamp: codec.time(arrivedAt),
        Data: codec.bytes(data),
        PartitionKey: partitionKey,
        EncryptionType: 'NONE',
      })),
      ...(next === undefined ? {} : { NextShardIterator: next }),
      MillisBehindLatest: millisBehindLatest,
      ...(children === undefined
        ? {}
        : {
            ChildShards: children.map(({ shardId, parents, startingHashKey, endingHashKey }) => ({
              ShardId: shardId,
              ParentShards: parents,
              HashKeyRange: { StartingHashKey: startingHashKey, EndingHashKey: endingHashKey },
            })),
          }),
    };
  },
};

export const recordOperations: Readonly<Record<string, Operation>> = {
  PutRecord: putRecord,
  PutRecords: putRecords,
  GetShardIterator: getShardIterator,
  GetRecords: getRecords,
};
