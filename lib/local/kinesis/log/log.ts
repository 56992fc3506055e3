// The log of one stream: appends that are on the disk before they count, reads by shard and index, retention.
import { mkdir } from 'node:fs/promises';
import { syncFolder, type Clock } from '../../../base/index.ts';
import { KinesisError } from '../errors.ts';
import { BLOCK_HEADER_BYTES, HEADER, sealBlock } from './block.ts';
import type { LogFiles } from './files.ts';
import { recoverLog } from './recover.ts';
import { Segment, type Counters } from './segment.ts';
import { diskFailure } from './disk-failure.ts';

/** Blocks of one call; payloads in place, headers left free. */
export interface Batch {
  buffer: Buffer;
  blocks: readonly { shard: number; offset: number; records: number; payloadBytes: number }[];
}

/** What a block of a batch has become. */
export interface Appended {
  first: number;
  arrival: number;
}

export interface LogOptions {
  clock: Clock;
  /** A new segment begins once the last has so many bytes. */
  segmentBytes: number;
  files: LogFiles;
}

/** What waits in memory for the disk; above it calls are turned away. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
const MAX_GROUP_BYTES = 16 * 1024 * 1024;

type Waiting =
  | { kind: 'batch'; batch: Batch; resolve: (appended: Appended[]) => void; reject: (error: unknown) => void }
  | { kind: 'turn'; work: () => Promise<void> };

export class StreamLog {
  readonly #folder: string;
  readonly #options: LogOptions;
  readonly #segments: Segment[];
  readonly #counters: Counters;
  /** Of the last segment, for writing. */
  #file: number | undefined;
  /** Whether bytes of a failed write may lie behind the end. */
  #isTailDirty = false;
  #lastArrival = 0;
  readonly #queue: Waiting[] = [];
  #waitingBytes = 0;
  #isDraining = false;
  #closed = false;
  readonly #watchers = new Map<number, Set<() => void>>();
  /** Bytes of a torn block that the start cut off. */
  readonly cutBytes: number;

  private constructor(folder: string, options: LogOptions, segments: Segment[], counters: Counters, cutBytes: number) {
    this.#folder = folder;
    this.#options = options;
    this.#segments = segments;
    this.#counters = counters;
    this.cutBytes = cutBytes;
    for (const { arrival } of counters.values()) this.#lastArrival = Math.max(this.#lastArrival, arrival);
  }

  /** Opens the log in the folder, or begins one. @throws MillraceError `io` where it is damaged. */
  static async open(folder: string, options: LogOptions): Promise<StreamLog> {
    await mkdir(folder, { recursive: true });
    const { segments, counters, cutBytes } = await recoverLog(folder);
    const log = new StreamLog(folder, options, segments, counters, cutBytes);
    const last = segments.at(-1);
    if (last === undefined) await log.#roll();
    else log.#file = await options.files.open(last.path, 'r+');
    return log;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** Index of the shard's last record, 0 before the first. */
  last(shard: number): number {
    return this.#counters.get(shard)?.last ?? 0;
  }

  lastArrival(shard: number): number | undefined {
    return this.#counters.get(shard)?.arrival;
  }

  /** Resolves once all blocks are durable, with what each has become; nothing of a batch that was refused counts. */
  append(batch: Batch): Promise<Appended[]> {
    if (this.#closed) return Promise.reject(new KinesisError('InternalFailure', 'The streams are being closed.'));
    if (this.#waitingBytes > MAX_WAITING_BYTES) {
      return Promise.reject(
        new KinesisError('ProvisionedThroughputExceededException', 'Rate exceeded: the disk does not keep up with what is written. Try again later.'),
      );
    }
    this.#waitingBytes += batch.buffer.length;
    return new Promise((resolve, reject) => {
      this.#queue.push({ kind: 'batch', batch, resolve, reject });
      this.#start();
    });
  }

  /** Runs `work` when everything asked for before is done and nothing is being written. */
  exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ kind: 'turn', work: () => work().then(resolve, reject) });
      this.#start();
    });
  }

  #start(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    // Not at once: calls that are made together are written together, and synced once.
    queueMicrotask(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (next.kind === 'turn') {
        this.#queue.shift();
        await next.work();
        continue;
      }
      const group = this.#takeGroup();
      const outcome = await this.#commit(group.map(({ batch }) => batch)).then(
        (appended) => ({ appended }),
        (error: unknown) => ({ error }),
      );
      for (const [at, { batch, resolve, reject }] of group.entries()) {
        this.#waitingBytes -= batch.buffer.length;
        if ('error' in outcome) reject(outcome.error);
        else resolve(outcome.appended[at] as Appended[]);
      }
      if (!('error' in outcome)) this.wake(group.flatMap(({ batch }) => batch.blocks.map(({ shard }) => shard)));
    }
    // In the same turn as the last look at the queue: what comes later starts anew.
    this.#isDraining = false;
  }

  /** What came while the last group was being synced is written together and synced once. */
  #takeGroup(): (Waiting & { kind: 'batch' })[] {
    const group: (Waiting & { kind: 'batch' })[] = [];
    let bytes = 0;
    for (const waiting of this.#queue) {
      if (waiting.kind !== 'batch' || (group.length > 0 && bytes + waiting.batch.buffer.length > MAX_GROUP_BYTES)) break;
      bytes += waiting.batch.buffer.length;
      group.push(waiting);
    }
    this.#queue.splice(0, group.length);
    return group;
  }

  async #commit(batches: readonly Batch[]): Promise<Appended[][]> {
    try {
      return await this.#write(batches);
    } catch (error) {
      throw diskFailure(error);
    }
  }

  async #write(batches: readonly Batch[]): Promise<Appended[][]> {
    if ((this.#segments.at(-1) as Segment).bytes >= this.#options.segmentBytes) await this.#roll();
    const segment = this.#segments.at(-1) as Segment;
    const file = this.#file as number;
    if (this.#isTailDirty) await this.#cutTail();
    const arrival = Math.max(this.#options.clock.now(), this.#lastArrival);
    const counters: Counters = new Map();
    const noted: { offset: number; shard: number; records: number; first: number; arrival: number }[] = [];
    let end = segment.bytes;
    const appended = batches.map(({ buffer, blocks }) => {
      const results = blocks.map(({ shard, offset, records, payloadBytes }) => {
        const first = (counters.get(shard)?.last ?? this.last(shard)) + 1;
        sealBlock(buffer, offset, { shard, records, first, arrival, payloadBytes, syncedTo: segment.bytes });
        counters.set(shard, { last: first + records - 1, arrival });
        noted.push({ offset: end + offset, shard, records, first, arrival });
        return { first, arrival };
      });
      end += buffer.length;
      return results;
    });
    try {
      await this.#options.files.writeAll(
        file,
        batches.map(({ buffer }) => buffer),
        segment.bytes,
      );
      await this.#options.files.sync(file);
    } catch (error) {
      this.#isTailDirty = true;
      await this.#cutTail().catch(() => undefined);
      throw error;
    }
    segment.bytes = end;
    this.#lastArrival = arrival;
    for (const [shard, counter] of counters) this.#counters.set(shard, counter);
    for (const { offset, ...block } of noted) segment.note(offset, block);
    return appended;
  }

  /** Takes what a failed write left out of the file, so that a start does not take it for records. */
  async #cutTail(): Promise<void> {
    await this.#options.files.truncate(this.#file as number, (this.#segments.at(-1) as Segment).bytes);
    this.#isTailDirty = false;
  }

  /** Begins a new segment. It is durable, with the counters so far, before anything is written to it. */
  async #roll(): Promise<void> {
    const full = this.#segments.at(-1);
    if (this.#isTailDirty) await this.#cutTail();
    const segment = new Segment(this.#folder, (full?.ordinal ?? 0) + 1);
    const payload = Buffer.from(JSON.stringify({ format: 1, counters: [...this.#counters] }));
    const header = Buffer.concat([Buffer.alloc(BLOCK_HEADER_BYTES), payload]);
    sealBlock(header, 0, { shard: HEADER, records: 0, first: 0, arrival: this.#options.clock.now(), payloadBytes: payload.length, syncedTo: 0 });
    const file = await this.#options.files.open(segment.path, 'w');
    try {
      await this.#options.files.writeAll(file, [header], 0);
      await this.#options.files.sync(file);
      await syncFolder(this.#folder);
    } catch (error) {
      await this.#options.files.close(file).catch(() => undefined);
      throw error;
    }
    segment.bytes = header.length;
    const before = this.#file;
    this.#file = file;
    this.#segments.push(segment);
    if (before !== undefined) await this.#options.files.close(before).catch(() => undefined);
    await full?.seal();
    await full?.saveIndex(this.#counters).catch(() => undefined);
  }

  /** Deletes segments whose last record is older than that time, and begins a new one where the last has held records for `rollAfter` milliseconds. */
  sweep(olderThan: number, rollAfter: number): Promise<void> {
    return this.exclusive(async () => {
      const last = this.#segments.at(-1) as Segment;
      if (last.firstArrival !== undefined && this.#options.clock.now() - last.firstArrival > rollAfter) await this.#roll();
      for (
        let oldest = this.#segments[0] as Segment;
        this.#segments.length > 1 && oldest.lastArrival < olderThan;
        oldest = this.#segments[0] as Segment
      ) {
        this.#segments.shift();
        await oldest.delete();
      }
    });
  }

  /** Calls back once when the shard has got records or `wake` names it; gives how to stop. */
  watch(shard: number, changed: () => void): () => void {
    const watchers = this.#watchers.get(shard) ?? new Set();
    this.#watchers.set(shard, watchers.add(changed));
    return () => watchers.delete(changed);
  }

  wake(shards: Iterable<number>): void {
    for (const shard of shards) {
      const watchers = this.#watchers.get(shard);
      this.#watchers.delete(shard);
      watchers?.forEach((changed) => changed());
    }
  }

  /** Ends what is under way; later appends are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.exclusive(() => Promise.resolve());
    this.wake([...this.#watchers.keys()]);
    if (this.#file !== undefined) await this.#options.files.close(this.#file);
    await Promise.all(this.#segments.map((segment) => segment.seal()));
  }
}
