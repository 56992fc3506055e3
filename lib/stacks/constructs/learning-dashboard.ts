// One look at learning: whether it runs, what became of new versions, and how those that answer lie beside what they learned from.
import { Duration } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, MathExpression, Metric, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Stage } from '../stage.ts';

export interface LearningDashboardProps {
  stage: Stage;
  machine: StateMachine;
  /** Where the alarms ring. */
  limits: { driftPsi: number; skewShare: number; calibrationError: number };
}

export class LearningDashboard extends Construct {
  constructor(scope: Construct, id: string, { stage, machine, limits }: LearningDashboardProps) {
    super(scope, id);
    const period = Duration.hours(1);
    const name = `${stage.app}-${stage.name}`;
    const counted = (metricName: string) => new Metric({ namespace: 'Millrace', metricName, statistic: 'Sum', period, dimensionsMap: { Stage: name } });
    const byPredictor = (metricName: string) => new MathExpression({ expression: `SEARCH('{Millrace,Stage,Predictor} Stage="${name}" MetricName="${metricName}"', 'Maximum', ${period.toSeconds()})`, usingMetrics: {}, label: '', period });
    const graph = (title: string, left: IMetric[], limit?: number) =>
      new GraphWidget({ title, left, width: 12, ...(limit === undefined ? {} : { leftAnnotations: [{ value: limit, label: 'alarm' }] }) });
    new Dashboard(this, 'Dashboard', {
      dashboardName: stage.resource('learning'),
      widgets: [
        [graph('Executions', [machine.metricSucceeded({ period }), machine.metricFailed({ period }), machine.metricTimedOut({ period })]), graph('Versions, and those that the gate held back', [counted('ModelsTrained'), counted('ModelsHeldBack')])],
        [graph('Drift: greatest PSI of an input or the score', [byPredictor('FeatureDrift')], limits.driftPsi), graph('Skew: share of inputs that the lake has otherwise', [byPredictor('TrainServeSkew')], limits.skewShare)],
        [graph('Calibration error of new versions', [byPredictor('CalibrationError')], limits.calibrationError), graph('Answers that were compared', [byPredictor('MonitoredAnswers')])],
        [graph('Seconds of training', [byPredictor('TrainingSeconds')])],
      ],
    });
  }
}
