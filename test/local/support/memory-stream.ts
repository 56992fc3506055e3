// A stream in memory, with shards that split and merge, and the moods of the real one: throttles, iterators that expire, small answers.
import { createHash } from 'node:crypto';
import type { Clock } from '../../../lib/base/index.ts';
import type { StreamRecord } from '../../../lib/ingest/events/index.ts';
import { KinesisError, type IteratorStart, type ReadOptions, type ReadResult, type ShardDescription, type StreamSource } from '../../../lib/local/kinesis/index.ts';

const HASHES = 2n ** 128n;
const FIRST_SEQUENCE = 49_590_338_271_490_256_608_559_692_538_361_571_095n;

interface Shard extends ShardDescription { records: StreamRecord[] }

export interface Moods {
  /** From 0 to 1: how often a read is refused for now, an iterator has expired, the listing fails. */
  throttled?: number;
  expired?: number;
  broken?: number;
  random: () => number;
}

export class MemoryStream implements StreamSource {
  readonly name: string;
  readonly #clock: Clock;
  readonly #moods: Moods;
  #shards: Shard[] = [];
  #sequence = FIRST_SEQUENCE;

  constructor(name: string, shards: number, clock: Clock, moods: Moods = { random: () => 1 }) {
    this.name = name;
    this.#clock = clock;
    this.#moods = moods;
    for (let at = 0; at < shards; at++) this.#addShard((HASHES * BigInt(at)) / BigInt(shards), (HASHES * BigInt(at + 1)) / BigInt(shards) - 1n);
  }

  get openShards(): readonly ShardDescription[] {
    return this.#shards.filter(({ endingSequence }) => endingSequence === undefined);
  }

  /** All records ever put, by shard in order. */
  get records(): readonly StreamRecord[] {
    return this.#shards.flatMap(({ records }) => records);
  }

  put(partitionKey: string, data: Uint8Array | string): StreamRecord {
    const hash = BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`);
    const shard = this.#shards.find((each) => each.endingSequence === undefined && hash >= BigInt(each.startingHashKey) && hash <= BigInt(each.endingHashKey));
    if (shard === undefined) throw new Error('no open shard holds the key');
    this.#sequence += 1n;
    const record: StreamRecord = {
      position: { stream: this.name, shard: shard.shardId, sequence: String(this.#sequence), subsequence: 0 }, partitionKey,
      data: typeof data === 'string' ? Buffer.from(data) : data, arrivedAt: this.#clock.now(),
    };
    shard.records.push(record);
    return record;
  }

  split(shardId: string): void {
    const shard = this.#close(shardId);
    const [from, to] = [BigInt(shard.startingHashKey), BigInt(shard.endingHashKey)];
    const middle = (from + to) / 2n;
    this.#addShard(from, middle, shardId);
    this.#addShard(middle + 1n, to, shardId);
  }

  merge(shardId: string, adjacentId: string): void {
    const [left, right] = [this.#close(shardId), this.#close(adjacentId)];
    const ends = [left, right].flatMap((each) => [BigInt(each.startingHashKey), BigInt(each.endingHashKey)]).sort((a, b) => (a < b ? -1 : 1));
    this.#addShard(ends[0] as bigint, ends[3] as bigint, shardId, adjacentId);
  }

  /** Retention took a closed shard. */
  forget(shardId: string): void {
    this.#shards = this.#shards.filter((each) => each.shardId !== shardId || each.endingSequence === undefined);
  }

  async listShards(): Promise<ShardDescription[]> {
    await Promise.resolve();
    if (this.#moods.random() < (this.#moods.broken ?? 0)) throw new KinesisError('InternalFailure', 'the stream is out of order');
    return this.#shards.map(({ records: _records, ...shard }) => ({ ...shard }));
  }

  async iterator(_stream: string, shardId: string, from: IteratorStart): Promise<string> {
    await Promise.resolve();
    const shard = this.#shard(shardId);
    const at = from.type === 'TRIM_HORIZON' ? 0
      : from.type === 'AFTER_SEQUENCE_NUMBER' ? shard.records.filter(({ position }) => BigInt(position.sequence) <= BigInt(from.sequence)).length
        : from.type === 'LATEST' ? shard.records.length : Number.NaN;
    return `${shardId}/${at}`;
  }

  async read(iterator: string, { limit = 10_000 }: ReadOptions = {}): Promise<ReadResult> {
    await Promise.resolve();
    const { random, throttled = 0, expired = 0 } = this.#moods;
    if (random() < throttled) throw new KinesisError('ProvisionedThroughputExceededException', 'Rate exceeded for shard');
    if (random() < expired) throw new KinesisError('ExpiredIteratorException', 'Iterator expired');
    const [shardId = '', text = ''] = iterator.split('/');
    const shard = this.#shard(shardId);
    const at = Number(text);
    const records = shard.records.slice(at, at + limit);
    const end = at + records.length;
    const isOver = shard.endingSequence !== undefined && end === shard.records.length;
    return { records, ...(isOver ? {} : { next: `${shardId}/${end}` }), millisBehindLatest: end < shard.records.length ? 1 : 0 };
  }

  #shard(shardId: string): Shard {
    const shard = this.#shards.find((each) => each.shardId === shardId);
    if (shard === undefined) throw new KinesisError('ResourceNotFoundException', `there is no shard ${shardId}`);
    return shard;
  }

  #close(shardId: string): Shard {
    const shard = this.#shard(shardId);
    if (shard.endingSequence !== undefined) throw new Error(`${shardId} is closed`);
    this.#sequence += 1n;
    shard.endingSequence = String(this.#sequence);
    return shard;
  }

  #addShard(from: bigint, to: bigint, parent?: string, adjacent?: string): void {
    this.#sequence += 1n;
    const number = this.#shards.reduce((most, { shardId }) => Math.max(most, Number(shardId.slice('shardId-'.length)) + 1), 0);
    this.#shards.push({
      shardId: `shardId-${String(number).padStart(12, '0')}`, startingHashKey: String(from), endingHashKey: String(to), startingSequence: String(this.#sequence), records: [],
      ...(parent === undefined ? {} : { parentShardId: parent }), ...(adjacent === undefined ? {} : { adjacentParentShardId: adjacent }),
    });
  }
}
