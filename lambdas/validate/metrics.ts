// The counters of a batch as CloudWatch's embedded metrics: one line of JSON in the log, from which the service makes metrics.
import type { TransformCounters } from '../../lib/ingest/events/index.ts';

export interface MetricsPlace {
  /** `millrace-dev` */
  stage: string;
  /** The contract whose stream it is. */
  stream: string;
}

const METRICS = [
  { Name: 'Records', Unit: 'Count' }, { Name: 'Accepted', Unit: 'Count' }, { Name: 'Rejected', Unit: 'Count' }, { Name: 'Overflowed', Unit: 'Count' },
  { Name: 'UnknownKeys', Unit: 'Count' }, { Name: 'Bytes', Unit: 'Bytes' },
] as const;

/** By stage, and by stage and stream. Types and reasons are members of the line without being metrics: whoever queries the log has them. */
export function embeddedMetrics(counters: TransformCounters, overflowed: number, { stage, stream }: MetricsPlace, now: number): string {
  return JSON.stringify({
    _aws: { Timestamp: now, CloudWatchMetrics: [{ Namespace: 'Millrace', Dimensions: [['Stage'], ['Stage', 'Stream']], Metrics: METRICS }] },
    Stage: stage, Stream: stream,
    Records: counters.records + overflowed, Accepted: counters.accepted, Rejected: counters.rejected, Overflowed: overflowed, UnknownKeys: counters.unknownKeys, Bytes: counters.bytes,
    types: counters.types, reasons: counters.reasons,
  });
}
