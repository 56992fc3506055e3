// One stream: its settings and shards, and the log that holds its records.
import path from 'node:path';
import { KinesisError } from './errors.ts';
import { formatIterator, type IteratorPosition } from './iterator.ts';
import { diskFailure } from './log/disk-failure.ts';
import { StreamLog, type LogOptions } from './log/log.ts';
import { findByTime, oldestIndex, readRecords } from './log/read.ts';
import { saveMetadata, type StreamMetadata } from './metadata.ts';
import { ACCOUNT, streamArn } from './names.ts';
import { outcomesOf, preparePut, type Routing } from './put.ts';
import { formatSequence, parseSequence } from './sequence.ts';
import { planMerge, planScale, planSplit, shardNotFound, type Resharding } from './reshard.ts';
import { childrenOf, describeShard, openShards, shardName, shardNumber, type Shard } from './shards.ts';
import type { IteratorStart, PutOptions, PutOutcome, ReadOptions, ReadResult, RecordInput, ShardDescription, ShardStatus, StreamDescription } from './types.ts';

export const MAX_RECORDS_A_READ = 10_000;
const MAX_BYTES_A_READ = 10 * 1024 * 1024;
const HOUR = 3_600_000;

export interface StreamOptions extends LogOptions {
  /** How long a stream is CREATING or UPDATING after a change, as on AWS; 0: not at all. */
  transitionMilliseconds: number;
}

export class Stream {
  readonly #folder: string;
  readonly #options: StreamOptions;
  readonly #log: StreamLog;
  #metadata: StreamMetadata;
  #shards: ReadonlyMap<number, Shard> = new Map();
  #routing: Routing = { shards: [], starts: [] };
  /** While shards change, puts wait: what they find out about shards would be old. */
  #change: Promise<void> | undefined;
  #settledAt = 0;
  #ended: 'closed' | 'deleted' | undefined;

  private constructor(folder: string, options: StreamOptions, log: StreamLog, metadata: StreamMetadata) {
    this.#folder = folder;
    this.#options = options;
    this.#log = log;
    this.#metadata = metadata;
    this.#adopt(metadata);
  }

  static async open(folder: string, options: StreamOptions, metadata: StreamMetadata, { isNew = false } = {}): Promise<Stream> {
    const stream = new Stream(folder, options, await StreamLog.open(path.join(folder, 'log'), options), metadata);
    if (isNew) stream.#settledAt = options.clock.now() + options.transitionMilliseconds;
    return stream;
  }

  get name(): string {
    return this.#metadata.name;
  }

  get createdAt(): number {
    return this.#metadata.createdAt;
  }

  /** Bytes of a torn block that the start cut off. */
  get cutBytes(): number {
    return this.#log.cutBytes;
  }

  get openShards(): number {
    return this.#routing.shards.length;
  }

  #adopt(metadata: StreamMetadata): void {
    this.#metadata = metadata;
    this.#shards = new Map(metadata.shards.map((shard) => [shard.number, shard]));
    const shards = openShards(metadata.shards);
    this.#routing = { shards, starts: shards.map(({ from }) => from) };
  }

  describe(): StreamDescription {
    const { name, createdAt, mode, retentionHours, maxRecordKiB, tags } = this.#metadata;
    const isSettled = this.#options.clock.now() >= this.#settledAt;
    const isNew = this.#settledAt - createdAt <= this.#options.transitionMilliseconds;
    return {
      name,
      createdAt,
      mode,
      retentionHours,
      maxRecordKiB,
      tags,
      arn: streamArn(name),
      openShards: this.openShards,
      status: isSettled ? 'ACTIVE' : isNew ? 'CREATING' : 'UPDATING',
    };
  }

  shards(): ShardDescription[] {
    return this.#metadata.shards.map((shard) => describeShard(shard, this.#shards));
  }

  status(): ShardStatus[] {
    const { segments } = this.#log;
    return this.#metadata.shards.map((shard) => {
      const last = this.#log.last(shard.number);
      const oldest = oldestIndex(segments, shard.number);
      const arrival = this.#log.lastArrival(shard.number);
      return {
        shardId: shardName(shard.number),
        open: shard.closed === undefined,
        openedAt: shard.openedAt,
        ...(shard.closed === undefined ? {} : { closedAt: shard.closed.at }),
        records: oldest === undefined ? 0 : last - oldest + 1,
        ...(last === 0 || arrival === undefined ? {} : { lastSequence: formatSequence(shard, last, arrival) }),
        ...(oldest === undefined
          ? {}
          : {
              oldestArrival: segments.find(({ extents }) => extents.has(shard.number))?.extents.get(shard.number)?.entries[0]?.arrival,
              newestArrival: arrival,
            }),
      };
    });
  }

  async put(records: readonly RecordInput[], options?: PutOptions): Promise<PutOutcome[]> {
    while (this.#change !== undefined) await this.#change;
    if (this.describe().status === 'CREATING') throw streamNotFound(this.name);
    const prepared = preparePut(records, this.#routing, this.#metadata.maxRecordKiB * 1024, options);
    const appended = prepared.blocks.length === 0 ? [] : await this.#log.append(prepared.batch);
    return outcomesOf(prepared, appended);
  }

  async iterator(shardId: string, from: IteratorStart): Promise<string> {
    const shard = this.#shard(shardId);
    const next = await this.#indexOf(shard, from);
    return this.#iteratorAt(shard.number, next);
  }

  #iteratorAt(shard: number, next: number): string {
    return formatIterator({ stream: this.name, createdAt: this.createdAt, shard, next, issuedAt: this.#options.clock.now() });
  }

  async #indexOf(shard: Shard, from: IteratorStart): Promise<number> {
    switch (from.type) {
      case 'TRIM_HORIZON':
        return 1;
      case 'LATEST':
        return this.#log.last(shard.number) + 1;
      case 'AT_TIMESTAMP':
        return (await findByTime(this.#log.segments, shard.number, from.timestamp)) ?? this.#log.last(shard.number) + 1;
      default: {
        const index = parseSequence(from.sequence, shard);
        if (index === undefined) {
          throw new KinesisError(
            'InvalidArgumentException',
            `StartingSequenceNumber ${from.sequence} used in GetShardIterator on shard ${shardName(shard.number)} ` +
              `in stream ${this.name} under account ${ACCOUNT} is invalid because it did not come from this stream.`,
          );
        }
        return Math.max(1, from.type === 'AT_SEQUENCE_NUMBER' ? index : index + 1);
      }
    }
  }

  /** @throws KinesisError `ResourceNotFoundException` where the shard or this very stream is gone. */
  async read(
    { createdAt, shard: number, next }: IteratorPosition,
    { limit = MAX_RECORDS_A_READ, waitMilliseconds = 0, signal }: ReadOptions,
  ): Promise<ReadResult> {
    if (createdAt !== this.createdAt) throw streamNotFound(this.name);
    this.#shardByNumber(number);
    if (waitMilliseconds > 0 && this.#log.last(number) < next && this.#shards.get(number)?.closed === undefined)
      await this.#changed(number, waitMilliseconds, signal);
    if (this.#ended === 'deleted') throw streamNotFound(this.name);
    if (this.#ended === 'closed') return { records: [], next: this.#iteratorAt(number, next), millisBehindLatest: 0 };
    const lastBefore = this.#log.last(number);
    const found = await readRecords(this.#log.segments, number, next, { records: Math.min(limit, MAX_RECORDS_A_READ), bytes: MAX_BYTES_A_READ });
    const shard = this.#shardByNumber(number);
    const shardId = shardName(number);
    const records = found.map(({ index, arrival, partitionKey, data }) => ({
      position: { stream: this.name, shard: shardId, sequence: formatSequence(shard, index, arrival), subsequence: 0 },
      partitionKey,
      data,
      arrivedAt: arrival,
    }));
    const last = found.at(-1);
    // Where nothing is found, what was between is no longer kept.
    const after = last === undefined ? Math.max(next, lastBefore + 1) : last.index + 1;
    const isAtTip = after > this.#log.last(number);
    const millisBehindLatest = isAtTip || last === undefined ? 0 : Math.max(0, this.#options.clock.now() - last.arrival);
    if (isAtTip && shard.closed !== undefined) return { records, millisBehindLatest, children: childrenOf(number, this.#metadata.shards) };
    return { records, next: this.#iteratorAt(number, after), millisBehindLatest };
  }

  /** Resolves when the shard has got records or is closed, after that time, or when the signal aborts. */
  async #changed(shard: number, milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    const timer = new AbortController();
    const stop = () => timer.abort();
    signal?.addEventListener('abort', stop, { once: true });
    const unwatch = this.#log.watch(shard, stop);
    try {
      if (signal?.aborted !== true) await this.#options.clock.sleep(milliseconds, timer.signal).catch(() => undefined);
    } finally {
      unwatch();
      signal?.removeEventListener('abort', stop);
    }
  }

  split(shardId: string, newStartingHashKey: string): Promise<void> {
    return this.#reshard('SplitShard', (before) => planSplit(before, shardId, newStartingHashKey));
  }

  merge(shardId: string, adjacentShardId: string): Promise<void> {
    return this.#reshard('MergeShards', (before) => planMerge(before, shardId, adjacentShardId));
  }

  scale(target: number): Promise<void> {
    return this.#reshard('UpdateShardCount', (before) => planScale(before, target));
  }

  /** Waits until everything is written, lets `plan` make the new shards, and stores them before anyone sees them. */
  async #reshard(operation: string, plan: (before: Resharding) => Shard[]): Promise<void> {
    if (this.#metadata.mode === 'ON_DEMAND') {
      throw new KinesisError(
        'ValidationException',
        `${operation} is only supported for streams in PROVISIONED mode; stream ${this.name} under account ${ACCOUNT} is in ON_DEMAND mode.`,
      );
    }
    this.refuseUnlessActive();
    const [stream, lastIndex] = [this.name, (shard: number) => this.#log.last(shard)];
    await this.#update((metadata) => ({
      ...metadata,
      shards: plan({ stream, shards: metadata.shards, lastIndex, now: this.#options.clock.now() }),
    }));
    this.#log.wake(this.#shards.keys());
  }

  /** Changes what is kept of the stream; refused while another change is under way. */
  async #update(change: (metadata: StreamMetadata) => StreamMetadata): Promise<void> {
    while (this.#change !== undefined) await this.#change;
    const work = this.#log.exclusive(async () => {
      const changed = change(this.#metadata);
      await saveMetadata(this.#folder, changed).catch((error: unknown) => {
        throw diskFailure(error);
      });
      this.#adopt(changed);
      this.#settledAt = this.#options.clock.now() + this.#options.transitionMilliseconds;
    });
    const settled = work
      .catch(() => undefined)
      .then(() => {
        this.#change = undefined;
      });
    this.#change = settled;
    await settled;
    await work;
  }

  updateSettings(settings: Partial<Pick<StreamMetadata, 'mode' | 'retentionHours' | 'maxRecordKiB' | 'tags'>>): Promise<void> {
    this.refuseUnlessActive();
    return this.#update((metadata) => ({ ...metadata, ...settings }));
  }

  /** @throws KinesisError `ResourceInUseException` while the stream is being made or changed. */
  refuseUnlessActive(): void {
    const { status } = this.describe();
    if (status !== 'ACTIVE')
      throw new KinesisError('ResourceInUseException', `Stream ${this.name} under account ${ACCOUNT} not ACTIVE, instead in state ${status}`);
  }

  #shard(shardId: string): Shard {
    const number = shardNumber(shardId);
    const shard = number === undefined ? undefined : this.#shards.get(number);
    if (shard === undefined) throw shardNotFound(shardId, this.name);
    return shard;
  }

  #shardByNumber(number: number): Shard {
    return this.#shard(shardName(number));
  }

  /** Deletes records, and then closed shards, that are older than the stream keeps them. */
  async sweep(): Promise<void> {
    const kept = this.#metadata.retentionHours * HOUR;
    const olderThan = this.#options.clock.now() - kept;
    await this.#log.sweep(olderThan, HOUR);
    const isGone = ({ closed, number }: Shard) =>
      closed !== undefined && closed.at < olderThan && oldestIndex(this.#log.segments, number) === undefined;
    if (this.#metadata.shards.some(isGone))
      await this.#update((metadata) => ({ ...metadata, shards: metadata.shards.filter((shard) => !isGone(shard)) }));
  }

  /** Ends what is under way; who waits for records of a deleted stream hears that it is gone. */
  close(why: 'closed' | 'deleted' = 'closed'): Promise<void> {
    this.#ended = why;
    return this.#log.close();
  }
}

export function streamNotFound(name: string): KinesisError {
  return new KinesisError('ResourceNotFoundException', `Stream ${name} under account ${ACCOUNT} not found.`);
}
