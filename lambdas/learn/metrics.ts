// What training and monitoring measure, as CloudWatch's embedded metrics: one line of JSON in the log, from which the service makes metrics.
import type { ModelCard } from '../../lib/learning/index.ts';
import type { MonitoredVersion, SentReport } from '../../lib/local/index.ts';

interface Measured { Name: string; Unit: 'None' | 'Count' | 'Seconds' }

function line(metrics: readonly Measured[], values: Record<string, unknown>, stage: string, now: number, dimensions: string[][] = [['Stage'], ['Stage', 'Predictor']]): string {
  return JSON.stringify({ _aws: { Timestamp: now, CloudWatchMetrics: [{ Namespace: 'Millrace', Dimensions: dimensions, Metrics: metrics }] }, Stage: stage, ...values });
}

/** By stage, and by stage and predictor. All metrics of the card are members of the line without being metrics of the service. */
export function trainingMetrics({ predictor, version, metrics, seconds }: ModelCard, promoted: boolean, stage: string, now: number): string {
  const calibration = metrics['calibration_error'];
  return line([{ Name: 'ModelsTrained', Unit: 'Count' }, { Name: 'ModelsHeldBack', Unit: 'Count' }, { Name: 'TrainingSeconds', Unit: 'Seconds' }, ...(calibration === undefined ? [] : [{ Name: 'CalibrationError', Unit: 'None' } as const])],
    { Predictor: predictor, ModelsTrained: 1, ModelsHeldBack: promoted ? 0 : 1, TrainingSeconds: seconds, ...(calibration === undefined ? {} : { CalibrationError: calibration }), version, metrics }, stage, now);
}

/** The greatest PSI of a version's inputs and score, and the share of its inputs that differ from the lake's by more than the store's delay. */
export function driftMetrics({ predictor, version, answers, drift, skew }: MonitoredVersion, stage: string, now: number): string {
  const measured = drift.filter(({ status }) => status !== 'too_few');
  const compared = skew.reduce((sum, row) => sum + row.compared, 0);
  const differing = skew.reduce((sum, row) => sum + row.differing - row.explainedByLag, 0);
  return line([...(measured.length === 0 ? [] : [{ Name: 'FeatureDrift', Unit: 'None' } as const]), ...(compared === 0 ? [] : [{ Name: 'TrainServeSkew', Unit: 'None' } as const]), { Name: 'MonitoredAnswers', Unit: 'Count' }], {
    Predictor: predictor, MonitoredAnswers: answers, version,
    ...(measured.length === 0 ? {} : { FeatureDrift: Math.max(...measured.map(({ psi }) => psi)) }), ...(compared === 0 ? {} : { TrainServeSkew: differing / compared }),
  }, stage, now);
}

/** What the MLflow server of the stage does not know: it is away, or takes it never. By stage. */
export function mlflowMetrics({ waiting, refused, failure }: SentReport, stage: string, now: number): string {
  return line([{ Name: 'MlflowUntold', Unit: 'Count' }], { MlflowUntold: waiting.length + refused.length, waiting: waiting.slice(0, 50), refused: refused.slice(0, 50), ...(failure === undefined ? {} : { failure }) }, stage, now, [['Stage']]);
}
