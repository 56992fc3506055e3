// A lean client of an endpoint on this machine, for a consumer or producer in another process; real producers use an SDK.
import { Agent, request } from 'node:http';
import { KinesisError, type KinesisErrorType } from './errors.ts';
import type { IteratorStart, PutOutcome, ReadOptions, ReadResult, RecordInput, ShardDescription, StreamSource } from './types.ts';

export interface KinesisClientOptions {
  /** `http://127.0.0.1:4567` */
  endpoint: string;
  /** Connections that are kept open at most; default 16. */
  connections?: number;
}

export interface KinesisClient extends StreamSource {
  /** One call by its name, without a retry; the answer as the service gave it. */
  call(operation: string, input: object, options?: CallOptions): Promise<Record<string, unknown>>;
  put(stream: string, records: readonly RecordInput[]): Promise<PutOutcome[]>;
  close(): void;
}

export interface CallOptions {
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

interface ShardOut {
  ShardId: string;
  ParentShardId?: string;
  AdjacentParentShardId?: string;
  HashKeyRange: { StartingHashKey: string; EndingHashKey: string };
  SequenceNumberRange: { StartingSequenceNumber: string; EndingSequenceNumber?: string };
}

interface RecordsOut {
  Records: { SequenceNumber: string; ApproximateArrivalTimestamp: number; Data: string; PartitionKey: string }[];
  NextShardIterator?: string;
  MillisBehindLatest: number;
  ChildShards?: { ShardId: string; ParentShards: string[]; HashKeyRange: ShardOut['HashKeyRange'] }[];
}

/** Calls are not signed: it reaches endpoints of this project only, not AWS. Failures are `KinesisError`s; a lost connection is an `InternalFailure`. */
export function openKinesisClient({ endpoint, connections = 16 }: KinesisClientOptions): KinesisClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const call: KinesisClient['call'] = (operation, input, { signal, headers } = {}) =>
    new Promise((resolve, reject) => {
      const body = Buffer.from(JSON.stringify(input));
      const sent = request(
        endpoint,
        {
          agent,
          method: 'POST',
          ...(signal === undefined ? {} : { signal }),
          headers: {
            'content-type': 'application/x-amz-json-1.1',
            'content-length': body.length,
            'x-amz-target': `Kinesis_20131202.${operation}`,
            ...headers,
          },
        },
        (response) => {
          const pieces: Buffer[] = [];
          response.on('data', (piece: Buffer) => pieces.push(piece));
          response.on('error', (error) => reject(lost(error)));
          response.on('end', () => settle(response.statusCode ?? 0, Buffer.concat(pieces).toString('utf8'), resolve, reject));
        },
      );
      sent.on('error', (error) => reject(lost(error)));
      sent.end(body);
    });
  return { call, ...operationsOver(call), close: () => agent.destroy() };
}

function settle(status: number, text: string, resolve: (answer: Record<string, unknown>) => void, reject: (error: KinesisError) => void): void {
  let answer: Record<string, unknown>;
  try {
    answer = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  } catch (error) {
    return reject(new KinesisError('InternalFailure', `The endpoint answered ${status} with what is not JSON.`, error));
  }
  if (status === 200) return resolve(answer);
  reject(
    new KinesisError(
      (answer['__type'] ?? 'InternalFailure') as KinesisErrorType,
      String(answer['message'] ?? answer['Message'] ?? `HTTP status ${status}`),
    ),
  );
}

function lost(error: Error): KinesisError {
  return new KinesisError('InternalFailure', `The endpoint cannot be reached: ${error.message}`, error);
}

function operationsOver(call: KinesisClient['call']): StreamSource & Pick<KinesisClient, 'put'> {
  return {
    async listShards(stream) {
      const shards: ShardDescription[] = [];
      for (let token: unknown, isFirst = true; isFirst || token !== undefined; isFirst = false) {
        const answer = await call('ListShards', token === undefined ? { StreamName: stream } : { NextToken: token });
        shards.push(...(answer['Shards'] as ShardOut[]).map(shardIn));
        token = answer['NextToken'];
      }
      return shards;
    },
    async iterator(stream, shardId, from) {
      const { ShardIterator } = await call('GetShardIterator', { StreamName: stream, ShardId: shardId, ...startOut(from) });
      return placed(stream, shardId, ShardIterator as string);
    },
    async read(iterator, { limit, waitMilliseconds, signal }: ReadOptions = {}): Promise<ReadResult> {
      const { stream, shard, inner } = placeOf(iterator);
      const answer = (await call(
        'GetRecords',
        { ShardIterator: inner, ...(limit === undefined ? {} : { Limit: limit }) },
        {
          ...(signal === undefined ? {} : { signal }),
          ...(waitMilliseconds === undefined ? {} : { headers: { 'x-millrace-wait': String(waitMilliseconds) } }),
        },
      )) as unknown as RecordsOut;
      return {
        records: answer.Records.map(({ SequenceNumber, ApproximateArrivalTimestamp, Data, PartitionKey }) => ({
          position: { stream, shard, sequence: SequenceNumber, subsequence: 0 },
          partitionKey: PartitionKey,
          data: Buffer.from(Data, 'base64'),
          arrivedAt: Math.round(ApproximateArrivalTimestamp * 1000),
        })),
        ...(answer.NextShardIterator === undefined ? {} : { next: placed(stream, shard, answer.NextShardIterator) }),
        millisBehindLatest: answer.MillisBehindLatest,
        ...(answer.ChildShards === undefined
          ? {}
          : {
              children: answer.ChildShards.map(({ ShardId, ParentShards, HashKeyRange }) => ({
                shardId: ShardId,
                parents: ParentShards,
                startingHashKey: HashKeyRange.StartingHashKey,
                endingHashKey: HashKeyRange.EndingHashKey,
              })),
            }),
      };
    },
    async put(stream, records) {
      const answer = await call('PutRecords', {
        StreamName: stream,
        Records: records.map(({ partitionKey, data, explicitHashKey }) => ({
          PartitionKey: partitionKey,
          Data: typeof data === 'string' ? data : Buffer.from(data).toString('base64'),
          ...(explicitHashKey === undefined ? {} : { ExplicitHashKey: explicitHashKey }),
        })),
      });
      return (answer['Records'] as { SequenceNumber?: string; ShardId?: string; ErrorCode?: string; ErrorMessage?: string }[]).map(
        (one): PutOutcome =>
          one.SequenceNumber === undefined
            ? { ok: false, errorCode: one.ErrorCode as 'InternalFailure', message: one.ErrorMessage ?? '' }
            : { ok: true, sequence: one.SequenceNumber, shardId: one.ShardId as string },
      );
    },
  };
}

function startOut(from: IteratorStart): object {
  switch (from.type) {
    case 'TRIM_HORIZON':
    case 'LATEST':
      return { ShardIteratorType: from.type };
    case 'AT_TIMESTAMP':
      return { ShardIteratorType: from.type, Timestamp: from.timestamp / 1000 };
    default:
      return { ShardIteratorType: from.type, StartingSequenceNumber: from.sequence };
  }
}

function shardIn({
  ShardId,
  ParentShardId,
  AdjacentParentShardId,
  HashKeyRange,
  SequenceNumberRange: { StartingSequenceNumber, EndingSequenceNumber },
}: ShardOut): ShardDescription {
  return {
    shardId: ShardId,
    ...(ParentShardId === undefined ? {} : { parentShardId: ParentShardId }),
    ...(AdjacentParentShardId === undefined ? {} : { adjacentParentShardId: AdjacentParentShardId }),
    startingHashKey: HashKeyRange.StartingHashKey,
    endingHashKey: HashKeyRange.EndingHashKey,
    startingSequence: StartingSequenceNumber,
    ...(EndingSequenceNumber === undefined ? {} : { endingSequence: EndingSequenceNumber }),
  };
}

/** The service's iterators do not tell whose they are, records need it: so ours carry it in front. */
function placed(stream: string, shard: string, inner: string): string {
  return `${stream} ${shard} ${inner}`;
}

function placeOf(iterator: string): { stream: string; shard: string; inner: string } {
  const [stream = '', shard = '', inner = ''] = iterator.split(' ');
  return { stream, shard, inner };
}
