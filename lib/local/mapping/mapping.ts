// An event source mapping: records of a stream to a function in batches, as Lambda does it. Each record is processed at least once, or in the
// failure destination; those of one partition key in their order.
import { setMaxListeners } from 'node:events';
import { messageOf, type Clock } from '../../base/index.ts';
import type { KinesisStreamEvent } from 'aws-lambda';
import type { ShardDescription, StreamSource } from '../kinesis/index.ts';
import { Freshness, type FreshnessSummary } from '../freshness.ts';
import { Losses, positionIn, readableShards, ShardReader, type ShardPosition } from '../shard-readers.ts';
import { processBatch } from './batch.ts';
import type { CheckpointStore } from './checkpoints.ts';
import type { FailureDestination } from './failure-destination.ts';
import { MAPPING_DEFAULTS, type MappingSettings } from './settings.ts';
import { ShardWork } from './shard-work.ts';

/** A Lambda handler of a Kinesis event source; what it returns is a `KinesisStreamBatchResponse`, or nothing. */
export type Handler = (event: KinesisStreamEvent) => Promise<unknown>;

export interface MappingOptions {
  source: StreamSource;
  stream: string;
  handler: Handler;
  checkpoints: CheckpointStore;
  onFailure: FailureDestination;
  clock: Clock;
  random?: () => number;
  settings?: Partial<MappingSettings>;
  /** The longest wait for new records at a time; default 1 s. Where the source cannot wait, reads come so often when nothing is there. */
  waitMilliseconds?: number;
}

export interface MappingStatus {
  stream: string;
  records: number;
  calls: number;
  failedCalls: number;
  /** Records in the failure destination. */
  givenUp: number;
  throttles: number;
  /** Records that the stream's retention let go before the function saw them. */
  lost: number;
  /** From arrival to the end of the call. */
  freshness?: FreshnessSummary;
  /** `millisBehindLatest` is missing before the first answer. */
  shards: { shard: string; millisBehindLatest?: number; pending: number; oldestArrival?: number; ended: boolean }[];
  failure?: string;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 10_000;
/** A checkpoint that is lost brings records again and no more, so that the disk is not asked for each batch. */
const CHECKPOINT_EVERY_MS = 200;

/** What is open between two failures of the stream or of the checkpoints. */
interface Session { shards: ShardDescription[]; works: Map<string, ShardWork>; positions: Map<string, ShardPosition>; stop: AbortController }

export class Mapping {
  readonly #options: MappingOptions;
  readonly #settings: MappingSettings;
  readonly #freshness = new Freshness();
  readonly #losses = new Losses();
  readonly #counts = { records: 0, calls: 0, failedCalls: 0, givenUp: 0, throttles: 0 };
  #session: Session | undefined;
  #failure: string | undefined;
  #save: Promise<void> = Promise.resolve();
  #isSaveAsked = false;

  constructor(options: MappingOptions) {
    this.#options = options;
    this.#settings = { ...MAPPING_DEFAULTS, ...options.settings };
  }

  /** Until the signal aborts; calls under way end first. Failures of the stream are waited out. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (let failures = 0; !signal.aborted; failures++) {
      const began = this.#counts.records;
      try {
        await this.#runSession(signal);
        this.#failure = undefined;
      } catch (thrown) {
        this.#failure = messageOf(thrown);
        if (this.#counts.records > began) failures = 0;
        await clock.sleep(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures), signal).catch(() => undefined);
      }
    }
  }

  status(): MappingStatus {
    const works = [...this.#session?.works.values() ?? []];
    const freshness = this.#freshness.summary(this.#options.clock.now());
    return {
      stream: this.#options.stream, ...this.#counts, throttles: works.reduce((sum, { reader }) => sum + reader.throttles, this.#counts.throttles), lost: this.#losses.records,
      ...(freshness === undefined ? {} : { freshness }),
      shards: works.map((work) => ({
        shard: work.reader.shard.shardId, ...(work.reader.millisBehindLatest === undefined ? {} : { millisBehindLatest: work.reader.millisBehindLatest }), pending: work.pending, ended: work.isOver,
        ...(work.oldestArrival === undefined ? {} : { oldestArrival: work.oldestArrival }),
      })),
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    };
  }

  async #runSession(signal: AbortSignal): Promise<void> {
    const { source, stream, checkpoints } = this.#options;
    const stop = new AbortController();
    setMaxListeners(0, stop.signal); // every lane of every shard may wait on it
    const onAbort = (): void => stop.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const session: Session = { shards: await source.listShards(stream), works: new Map(), positions: new Map(await checkpoints.load()), stop };
    this.#session = session;
    const running = new Map<string, Promise<void>>();
    let failure: { thrown: unknown } | undefined;
    try {
      while (!stop.signal.aborted) {
        const hasEnded = (shardId: string): boolean => {
          const shard = session.shards.find((each) => each.shardId === shardId);
          return shard !== undefined && positionIn(shard, session.positions.get(shardId)).ended;
        };
        for (const shard of readableShards(session.shards, hasEnded)) {
          if (running.has(shard.shardId)) continue;
          running.set(shard.shardId, this.#workOn(session, shard).catch((thrown: unknown) => {
            failure ??= { thrown };
            stop.abort(thrown);
          }).finally(() => running.delete(shard.shardId)));
        }
        await (running.size === 0 ? this.#options.clock.sleep(this.#options.waitMilliseconds ?? 1000, stop.signal).catch(() => undefined) : Promise.race(running.values()));
        if (!stop.signal.aborted) session.shards = await source.listShards(stream);
      }
    } finally {
      stop.abort();
      signal.removeEventListener('abort', onAbort);
      await Promise.all(running.values());
      for (const { reader } of session.works.values()) this.#counts.throttles += reader.throttles;
      await this.#save;
      if (this.#session === session) session.works.clear();
    }
    if (failure !== undefined) throw failure.thrown;
  }

  /** Reads a shard to its end, or until the session stops, while its batches are worked on. */
  async #workOn(session: Session, shard: ShardDescription): Promise<void> {
    const { source, stream, clock, waitMilliseconds = 1000 } = this.#options;
    const { signal } = session.stop;
    const position = positionIn(shard, session.positions.get(shard.shardId));
    const reader = new ShardReader({ source, stream, shard, position, first: this.#settings.startingPosition });
    const work = new ShardWork(reader, this.#settings.parallelizationFactor);
    session.works.set(shard.shardId, work);
    const underWay = new Set<Promise<void>>();
    const failures: unknown[] = [];
    const stopped = aborted(signal);
    let wake = (): void => undefined;
    const startBatches = (): number | undefined => {
      // What failed or was cut short comes again, and what follows it must not be first.
      if (signal.aborted || failures.length > 0) return undefined;
      const { batches, nextAt } = work.ready(this.#settings.batchSize, this.#settings.maximumBatchingWindowMilliseconds, clock.now());
      for (const { records, end } of batches) {
        const batch: Promise<void> = this.#process(session, work, records).catch((thrown: unknown) => void failures.push(thrown)).finally(() => {
          end();
          underWay.delete(batch);
          startBatches();
          wake();
        });
        underWay.add(batch);
      }
      return nextAt;
    };
    while (!signal.aborted && failures.length === 0 && !work.isOver) {
      const nextAt = startBatches();
      const changed = new Promise<void>((resolve) => (wake = resolve));
      if (reader.position.ended || work.pending >= this.#settings.readAhead) {
        await Promise.race([changed, ...(nextAt === undefined ? [] : [clock.sleep(Math.max(1, nextAt - clock.now()), signal).catch(() => undefined)]), stopped]);
        continue;
      }
      const wait = nextAt === undefined ? waitMilliseconds : Math.max(1, Math.min(waitMilliseconds, nextAt - clock.now()));
      const began = clock.now();
      const { records } = await reader.read(Math.min(10_000, this.#settings.readAhead - work.pending), wait, signal).catch((thrown: unknown) => {
        failures.push(thrown);
        return { records: [] };
      });
      if (failures.length === 0) this.#failure = undefined;
      this.#losses.add(reader);
      work.take(records, clock.now());
      // A source that cannot wait is asked again after a pause.
      if (records.length === 0 && !reader.position.ended && failures.length === 0 && clock.now() - began < wait / 2) await clock.sleep(Math.min(wait, 100), signal).catch(() => undefined);
    }
    await Promise.all(underWay);
    if (failures.length > 0) throw failures[0];
    if (!signal.aborted) this.#checkpoint(session, work);
  }

  async #process(session: Session, work: ShardWork, batch: Parameters<typeof processBatch>[0]): Promise<void> {
    const { handler, clock, random = Math.random, onFailure, stream } = this.#options;
    const { signal } = session.stop;
    const shard = work.reader.shard.shardId;
    await processBatch(batch, {
      handler, clock, random, signal, settings: this.#settings,
      done: (records) => {
        work.done(records);
        const now = clock.now();
        for (const { arrivedAt } of records) this.#freshness.add(now - arrivedAt, now);
        this.#counts.records += records.length;
        this.#checkpoint(session, work);
      },
      giveUp: async (failure) => {
        await onFailure({ stream, shard, ...failure });
        this.#counts.givenUp += failure.records.length;
      },
      onCall: (outcome) => {
        this.#counts.calls += 1;
        if (outcome === 'failed') this.#counts.failedCalls += 1;
      },
    });
  }

  /** Saves how far all shards are, a little later, with all that comes until then. */
  #checkpoint(session: Session, work: ShardWork): void {
    session.positions.set(work.reader.shard.shardId, work.position);
    if (this.#isSaveAsked) return;
    this.#isSaveAsked = true;
    this.#save = this.#save.then(async () => {
      await this.#options.clock.sleep(CHECKPOINT_EVERY_MS, session.stop.signal).catch(() => undefined);
      this.#isSaveAsked = false;
      const listed = new Set(session.shards.map(({ shardId }) => shardId));
      await this.#options.checkpoints.save(new Map([...session.positions].filter(([shard]) => listed.has(shard))));
    }).catch((thrown: unknown) => session.stop.abort(thrown));
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return signal.aborted ? Promise.resolve() : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
