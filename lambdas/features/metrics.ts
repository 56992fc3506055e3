// The counters of a batch as CloudWatch's embedded metrics: one line of JSON in the log, from which the service makes metrics.
import type { MillraceError } from '../../lib/base/index.ts';
import type { FeatureCounters } from '../../lib/features/index.ts';

const METRICS = [
  { Name: 'FeatureRecords', Unit: 'Count' }, { Name: 'FeaturesFolded', Unit: 'Count' }, { Name: 'FeaturesSkipped', Unit: 'Count' }, { Name: 'FeatureDuplicates', Unit: 'Count' },
  { Name: 'FeatureConflicts', Unit: 'Count' }, { Name: 'FeatureItemsWritten', Unit: 'Count' }, { Name: 'FeaturesFailed', Unit: 'Count' }, { Name: 'FeatureLateness', Unit: 'Milliseconds' },
] as const;

/** By stage, and by stage and stream. `stage` is `millrace-dev`. */
export function featureMetrics(counters: FeatureCounters, error: MillraceError | undefined, stage: string, now: number): string {
  return JSON.stringify({
    _aws: { Timestamp: now, CloudWatchMetrics: [{ Namespace: 'Millrace', Dimensions: [['Stage'], ['Stage', 'Stream']], Metrics: METRICS }] },
    Stage: stage, Stream: counters.stream,
    FeatureRecords: counters.records, FeaturesFolded: counters.folded, FeaturesSkipped: counters.rejected + counters.unused, FeatureDuplicates: counters.duplicates,
    FeatureConflicts: counters.conflicts, FeatureItemsWritten: counters.written, FeaturesFailed: counters.failed, FeatureLateness: Math.round(counters.lateness),
    again: counters.again, replaced: counters.replaced, rejected: counters.rejected, unused: counters.unused,
    ...(error === undefined ? {} : { error }),
  });
}
