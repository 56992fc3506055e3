// What a stream took since some time, folded by the function that folds it otherwise, up to its newest record.
import { GetRecordsCommand, GetShardIteratorCommand, ListShardsCommand, type KinesisClient, type Shard } from '@aws-sdk/client-kinesis';
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { MillraceError, type Clock } from '../../base/index.ts';

export interface CatchUpOptions {
  client: KinesisClient;
  stream: string;
  /** Milliseconds since 1970. */
  since: number;
  handler: (event: KinesisStreamEvent) => Promise<KinesisStreamBatchResponse>;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

/** Five reads a second are a shard's, and the mapping's are paused. */
const PAUSE_MS = 250;

/** Gives the number of records. Shards are read after those that they were split or merged from, so each key's events come in their order. */
export async function catchUp(options: CatchUpOptions): Promise<number> {
  let records = 0;
  for (const shard of parentsFirst(await shardsOf(options))) records += await readShard(shard, options);
  return records;
}

async function shardsOf({ client, stream }: CatchUpOptions): Promise<Shard[]> {
  const shards: Shard[] = [];
  for (let token: string | undefined, isFirst = true; isFirst || token !== undefined; isFirst = false) {
    const { Shards = [], NextToken } = await client.send(new ListShardsCommand(token === undefined ? { StreamName: stream } : { NextToken: token }));
    shards.push(...Shards);
    token = NextToken;
  }
  return shards;
}

function parentsFirst(shards: readonly Shard[]): Shard[] {
  const ordered: Shard[] = [];
  let waiting = [...shards];
  while (waiting.length > 0) {
    const ids = new Set(waiting.map(({ ShardId }) => ShardId));
    const ready = waiting.filter(({ ParentShardId, AdjacentParentShardId }) => !ids.has(ParentShardId) && !ids.has(AdjacentParentShardId));
    if (ready.length === 0) throw new MillraceError('internal', 'shards are each other\'s parents');
    ordered.push(...ready);
    waiting = waiting.filter((shard) => !ready.includes(shard));
  }
  return ordered;
}

async function readShard({ ShardId: shard = '' }: Shard, { client, stream, since, handler, clock, signal }: CatchUpOptions): Promise<number> {
  let { ShardIterator: iterator } = await client.send(new GetShardIteratorCommand({ StreamName: stream, ShardId: shard, ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(since) }));
  let records = 0;
  while (iterator !== undefined && iterator !== null) {
    signal?.throwIfAborted();
    const { Records = [], NextShardIterator, MillisBehindLatest = 0 } = await client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: 5000 }));
    if (Records.length > 0) {
      const { batchItemFailures } = await handler({ Records: Records.map(({ SequenceNumber = '', PartitionKey = '', Data = new Uint8Array(), ApproximateArrivalTimestamp }) => ({
        awsRegion: '', eventID: `${shard}:${SequenceNumber}`, eventName: 'aws:kinesis:record', eventSource: 'aws:kinesis', eventVersion: '1.0', invokeIdentityArn: '', eventSourceARN: `arn:aws:kinesis:::stream/${stream}`,
        kinesis: { kinesisSchemaVersion: '1.0', partitionKey: PartitionKey, sequenceNumber: SequenceNumber, data: Buffer.from(Data).toString('base64'), approximateArrivalTimestamp: (ApproximateArrivalTimestamp?.getTime() ?? 0) / 1000 },
      })) });
      if (batchItemFailures.length > 0) throw new MillraceError('io', `records of ${stream} could not be folded`, { where: shard, todo: 'Run it again; the table is as it was.' });
      records += Records.length;
    }
    if (MillisBehindLatest === 0) break;
    iterator = NextShardIterator;
    await clock.sleep(PAUSE_MS);
  }
  return records;
}
