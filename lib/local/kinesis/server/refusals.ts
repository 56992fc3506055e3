// What producers were told to send again, by stream and shard: throttled, or failed inside.
import type { PutRefusal } from '../types.ts';

export interface Refusals { throttled: number; failed: number }

/** Since the endpoint began. */
export interface StreamRefusals {
  /** Whole calls of PutRecord and PutRecords. */
  calls: Refusals;
  /** Single records; shards that refused none are missing. */
  shards: Readonly<Record<string, Refusals>>;
}

export interface RefusalCounts {
  ofCall(stream: string, error: string): void;
  ofRecord(stream: string, shardId: string, refusal: PutRefusal): void;
  of(stream: string): StreamRefusals;
}

const THROTTLED = 'ProvisionedThroughputExceededException';
const FAILED = 'InternalFailure';

export function countRefusals(): RefusalCounts {
  const streams = new Map<string, { calls: Refusals; shards: Map<string, Refusals> }>();
  const ofStream = (name: string) => {
    const known = streams.get(name) ?? { calls: { throttled: 0, failed: 0 }, shards: new Map<string, Refusals>() };
    streams.set(name, known);
    return known;
  };
  const count = (refusals: Refusals, error: string): void => {
    if (error === THROTTLED) refusals.throttled++;
    else if (error === FAILED) refusals.failed++;
  };
  return {
    ofCall: (stream, error) => {
      // Whoever calls wrongly is not told to come again.
      if (error === THROTTLED || error === FAILED) count(ofStream(stream).calls, error);
    },
    ofRecord(stream, shardId, { errorCode }) {
      const { shards } = ofStream(stream);
      const known = shards.get(shardId) ?? { throttled: 0, failed: 0 };
      shards.set(shardId, known);
      count(known, errorCode);
    },
    of(stream) {
      const known = streams.get(stream);
      return { calls: { ...(known?.calls ?? { throttled: 0, failed: 0 }) }, shards: Object.fromEntries([...known?.shards ?? []].map(([shard, refusals]) => [shard, { ...refusals }])) };
    },
  };
}
