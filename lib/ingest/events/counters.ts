// What is counted of a batch of events, the same in both homes.
import type { EventVerdict, TransformCounters } from './types.ts';

export function noCounts(): TransformCounters {
  return { records: 0, accepted: 0, rejected: 0, unknownKeys: 0, bytes: 0, types: {}, reasons: {} };
}

/** Adds one record to the counters. */
export function count(counters: TransformCounters, bytes: number, verdict: EventVerdict): void {
  counters.records++;
  counters.bytes += bytes;
  if (verdict.fate === 'accepted') {
    counters.accepted++;
    counters.unknownKeys += verdict.unknownKeys;
    counters.types[verdict.type] = (counters.types[verdict.type] ?? 0) + 1;
  } else {
    counters.rejected++;
    counters.reasons[verdict.reason] = (counters.reasons[verdict.reason] ?? 0) + 1;
  }
}

/** Adds the counts of a batch to those of others. */
export function addCounts(total: TransformCounters, batch: TransformCounters): void {
  for (const name of ['records', 'accepted', 'rejected', 'unknownKeys', 'bytes'] as const) total[name] += batch[name];
  for (const [type, events] of Object.entries(batch.types)) total.types[type] = (total.types[type] ?? 0) + events;
  for (const [reason, events] of Object.entries(batch.reasons)) total.reasons[reason] = (total.reasons[reason] ?? 0) + events;
}
