// What a call of the scoring function counted, as CloudWatch's embedded metrics: one line of JSON in the log, from which the service makes metrics.
import type { LogCounts } from '../../lib/serving/aws/index.ts';

const OF_CALL = [
  { Name: 'PredictionsLogged', Unit: 'Count' }, { Name: 'PredictionsSetAside', Unit: 'Count' }, { Name: 'PredictionsWaiting', Unit: 'Count' }, { Name: 'PredictionsLost', Unit: 'Count' },
  { Name: 'PredictionsUnfindable', Unit: 'Count' }, { Name: 'ServingStale', Unit: 'Count' },
] as const;
const OF_KIND = [{ Name: 'Answers', Unit: 'Count' }, { Name: 'Fallbacks', Unit: 'Count' }] as const;

/** A line for the call, by stage, and one for each kind of answer, by stage and by stage and kind. `stage` is `millrace-dev`. Nothing of who asked, or what. */
export function servingMetrics({ answers, logged, setAside, waiting, lost, unfindable }: LogCounts, failures: readonly string[], stage: string, now: number): string[] {
  const line = (dimensions: string[][], metrics: readonly { Name: string; Unit: string }[], values: Record<string, unknown>): string =>
    JSON.stringify({ _aws: { Timestamp: now, CloudWatchMetrics: [{ Namespace: 'Millrace', Dimensions: dimensions, Metrics: metrics }] }, Stage: stage, ...values });
  const kinds = Object.entries(answers).map(([kind, counted]) => line([['Stage'], ['Stage', 'Kind']], OF_KIND, { Kind: kind, Answers: counted.answers, Fallbacks: counted.fallbacks }));
  const isQuiet = logged + setAside + waiting + lost + unfindable + failures.length === 0;
  return isQuiet ? kinds : [...kinds, line([['Stage']], OF_CALL, {
    PredictionsLogged: logged, PredictionsSetAside: setAside, PredictionsWaiting: waiting, PredictionsLost: lost, PredictionsUnfindable: unfindable, ServingStale: failures.length,
    ...(failures.length === 0 ? {} : { failures }),
  })];
}
