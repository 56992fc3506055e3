// The function of the event source mapping: records of a stream into features, in both homes.
import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { MillraceError, type Clock } from '../base/index.ts';
import { deaggregate, type EventChecker, type StreamRecord } from '../ingest/events/index.ts';
import { foldBatch, type FoldCounts } from './fold/batch.ts';
import type { FeatureEvent } from './fold/prepare.ts';
import { StateCache } from './fold/state-cache.ts';
import type { FeatureSet } from './load.ts';
import { noteNewSeries } from './since.ts';
import type { OnlineStore } from './store.ts';

export interface FeatureCounters extends FoldCounts {
  stream: string;
  /** Events, those of aggregated records each counted. */
  records: number;
  /** Events that validation refuses: they are in the quarantine, and no feature knows them. */
  rejected: number;
  /** Accepted events of contracts that no feature is made from. */
  unused: number;
  /** Records that are to come again. */
  failed: number;
  /** From the arrival of the oldest record of the batch until its features were durable, milliseconds. */
  lateness: number;
}

export interface FeaturesHandlerOptions {
  store: OnlineStore;
  features: FeatureSet;
  /** The checks of a stream's events, by the stream's name: those that decide what reaches bronze. */
  checkerOf: (stream: string) => EventChecker | Promise<EventChecker>;
  /** What the names of streams begin with in an account, `millrace-dev-`; what is left is the stream's name. Default nothing. */
  streamPrefix?: string;
  clock: Clock;
  random?: () => number;
  /** Told after each batch. */
  onBatch?: (counters: FeatureCounters, error: MillraceError | undefined) => void;
}

/** Of states as text; in memory they take some times that. */
const CACHED_BYTES = 32 << 20;

/**
 * A handler of a Kinesis event source. What validation would refuse is skipped; a batch never fails for what a record holds. Where the store
 * fails, the answer names the first record that is not done: it and those behind it come again, and what was folded stays folded once.
 */
export function featuresHandler({ store, features, checkerOf, streamPrefix = '', clock, random = Math.random, onBatch }: FeaturesHandlerOptions): (event: KinesisStreamEvent) => Promise<KinesisStreamBatchResponse> {
  const cache = new StateCache(CACHED_BYTES);
  let noted: Promise<void> | undefined;
  // Batches of several shards take turns: side by side they would only refuse each other's writes of hot entities.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  };
  return async ({ Records: records }) => {
    const stream = nameOf(records[0], streamPrefix);
    if (stream === undefined) return { batchItemFailures: [] };
    const checker = await checkerOf(stream);
    const counters: FeatureCounters = { stream, records: 0, rejected: 0, unused: 0, failed: 0, lateness: 0, folded: 0, replaced: 0, duplicates: 0, again: 0, written: 0, conflicts: 0 };
    const events: FeatureEvent[] = [];
    /** The record that each event came in. */
    const origins: number[] = [];
    records.forEach((record, index) => {
      for (const one of deaggregate(recordOf(record, stream))) {
        counters.records++;
        const found = eventsOf(features, checker, one);
        if (found === 'rejected') counters.rejected++;
        else if (found.length === 0) counters.unused++;
        else {
          for (const each of found) {
            events.push(each);
            origins.push(index);
          }
        }
      }
    });
    await (noted ??= noteNewSeries(store, features, clock.now()).catch((error: unknown) => {
      noted = undefined;
      throw error;
    }));
    const { counts, done, error } = await inTurn(() => foldBatch(store, features, events, { clock, random, cache }));
    Object.assign(counters, counts);
    const failedFrom = error === undefined ? records.length : origins[done]!;
    counters.failed = records.length - failedFrom;
    counters.lateness = Math.max(0, clock.now() - Math.min(...records.map(({ kinesis }) => kinesis.approximateArrivalTimestamp * 1000)));
    onBatch?.(counters, error);
    return { batchItemFailures: error === undefined ? [] : [{ itemIdentifier: records[failedFrom]!.kinesis.sequenceNumber }] };
  };
}

/** The events that features are made of in a record of one event: one for each source of its contract. */
export function eventsOf(features: FeatureSet, checker: EventChecker, record: StreamRecord): FeatureEvent[] | 'rejected' {
  const verdict = checker.check(record);
  if (verdict.fate === 'rejected') return 'rejected';
  return features.sourcesOf(verdict.type).flatMap((source) => {
    const row = source.row(verdict.texts);
    return row === undefined ? [] : [{ source, row, arrivedAt: Math.round(record.arrivedAt * 1000), place: record.position, partitionKey: record.partitionKey }];
  });
}

function recordOf({ eventID, kinesis }: KinesisStreamRecord, stream: string): StreamRecord {
  return {
    position: { stream, shard: eventID.slice(0, eventID.indexOf(':')), sequence: kinesis.sequenceNumber, subsequence: 0 },
    partitionKey: kinesis.partitionKey, data: Buffer.from(kinesis.data, 'base64'), arrivedAt: kinesis.approximateArrivalTimestamp * 1000,
  };
}

function nameOf(record: KinesisStreamRecord | undefined, prefix: string): string | undefined {
  const name = record?.eventSourceARN.slice(record.eventSourceARN.indexOf('/') + 1);
  if (name?.startsWith(prefix) === false) throw new MillraceError('bad_input', `the stream ${name} is none of ours: they begin with ${prefix}`, { where: record?.eventSourceARN });
  return name?.slice(prefix.length);
}
