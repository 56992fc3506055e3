// What a look at the canaries found, as CloudWatch's embedded metrics: one line of JSON in the log, from which the service makes metrics.
import type { CanaryLook } from '../../lib/serving/aws/index.ts';

const MEASURED = [{ Name: 'CanariesRunning', Unit: 'Count' }, { Name: 'CanariesRolledBack', Unit: 'Count' }, { Name: 'CanariesCompleted', Unit: 'Count' }] as const;

/** By stage; what was counted of each is a member of the line without being a metric of the service. `stage` is `millrace-dev`. */
export function canaryMetrics(looks: readonly CanaryLook[], failures: readonly string[], stage: string, now: number): string {
  const ended = (outcome: string): number => looks.filter(({ end }) => end?.outcome === outcome).length;
  return JSON.stringify({
    _aws: { Timestamp: now, CloudWatchMetrics: [{ Namespace: 'Millrace', Dimensions: [['Stage']], Metrics: MEASURED }] }, Stage: stage,
    CanariesRunning: looks.filter(({ end }) => end === undefined).length, CanariesRolledBack: ended('rolled_back'), CanariesCompleted: ended('completed'),
    canaries: looks.map(({ predictor, canary: { version, share }, counts, verdict: { verdict, checks, reasons } }) => ({ predictor, version, share, verdict, reasons, checks, counts })),
    ...(failures.length === 0 ? {} : { failures }),
  });
}
