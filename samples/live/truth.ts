// What was sent live, counted as a right pipeline must find it.
import type { LiveEvent, LiveSource } from './events.ts';

export interface LiveCounts {
  /** Records sent: bronze + rejected. */
  records: number;
  accepted: number;
  rejected: number;
  /** Accepted ones whose id was there before; silver drops them. */
  duplicateIds: number;
  /** Accepted ones that repeat another's content under an id of their own; silver keeps and marks them. */
  repeats: number;
  /** Rows of silver by kind, repeats among them. */
  distinct: Record<string, number>;
}

export interface LiveTruth {
  format: 1;
  seed: number;
  /** Milliseconds since 1970: the first event's and the last one's time. */
  from: number;
  to: number;
  sources: Record<LiveSource, LiveCounts>;
  /** Rejected records by reason. */
  reasons: Record<string, number>;
  /** Of the till's distinct purchases. */
  revenueCents: number;
}

export function emptyTruth(seed: number): LiveTruth {
  const none = (): LiveCounts => ({ records: 0, accepted: 0, rejected: 0, duplicateIds: 0, repeats: 0, distinct: {} });
  return { format: 1, seed, from: 0, to: 0, sources: { events: none(), transactions: none() }, reasons: {}, revenueCents: 0 };
}

/** Counts an event that was acknowledged. */
export function addToTruth(truth: LiveTruth, { source, fate, kind, reason, time, cents = 0 }: LiveEvent): void {
  const counts = truth.sources[source];
  truth.from ||= time;
  truth.to = Math.max(truth.to, time);
  counts.records++;
  if (fate === 'rejected') {
    counts.rejected++;
    truth.reasons[reason!] = (truth.reasons[reason!] ?? 0) + 1;
    return;
  }
  counts.accepted++;
  if (fate === 'duplicate') {
    counts.duplicateIds++;
    return;
  }
  if (fate === 'repeat') counts.repeats++;
  counts.distinct[kind] = (counts.distinct[kind] ?? 0) + 1;
  truth.revenueCents += cents;
}
