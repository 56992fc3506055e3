// What alarms and dashboards look at is measured by somebody: each metric of ours under the very names that a function writes, each of AWS's of a resource that is there.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { featureMetrics } from '../../lambdas/features/metrics.ts';
import { canaryMetrics } from '../../lambdas/judge/metrics.ts';
import { driftMetrics, mlflowMetrics, trainingMetrics } from '../../lambdas/learn/metrics.ts';
import { servingMetrics } from '../../lambdas/score/metrics.ts';
import { embeddedMetrics } from '../../lambdas/validate/metrics.ts';
import { policiesOf } from './support/policies.ts';
import { named, ofType, only, textOf, withStages, type Properties, type Resources, type SynthesisedStage } from './support/stage.ts';

const STAGE = 'millrace-dev';
const STACKS = ['batch', 'stream', 'serving', 'learning'] as const;

let dev: SynthesisedStage;
let shared: SynthesisedStage;
withStages((one, other) => { [dev, shared] = [one, other]; });

/** A metric as somebody looks at it. */
interface Looked { where: string; namespace: string; name: string; dimensions: Readonly<Record<string, string>> }

/** Lines of functions that have measured all that they can measure. */
function measured(): string[] {
  const drift = { predictor: 'churn', version: '1', answers: 9, drift: [{ feature: 'a', psi: 0.1, status: 'stable' }], skew: [{ compared: 9, differing: 1, explainedByLag: 0 }] };
  return [
    ...servingMetrics({ answers: { conversion: { answers: 2, fallbacks: 1 } }, logged: 1, setAside: 1, waiting: 1, lost: 1, unfindable: 1 }, ['a part is away'], STAGE, 1), canaryMetrics([], [], STAGE, 1),
    trainingMetrics({ predictor: 'churn', version: '1', metrics: { calibration_error: 0.1 }, seconds: 1 } as never, true, STAGE, 1), driftMetrics(drift as never, STAGE, 1),
    mlflowMetrics({ sent: [], waiting: ['version 1 of churn'], refused: [], failure: 'away' }, STAGE, 1),
    featureMetrics({ stream: 'events' } as never, undefined, STAGE, 1), embeddedMetrics({} as never, 0, { stage: STAGE, stream: 'events' }, 1),
  ];
}

/** `namespace name dimension=value,…`; of dimensions beside the stage the names alone. */
const signature = (namespace: string, name: string, dimensions: Readonly<Record<string, string>>): string =>
  `${namespace} ${name} ${Object.entries(dimensions).map(([dimension, value]) => (dimension === 'Stage' ? `${dimension}=${value}` : dimension)).sort().join()}`;

function written(): Set<string> {
  interface Line { _aws: { CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[] }; [member: string]: unknown }
  return new Set(measured().flatMap((text) => {
    const line = JSON.parse(text) as Line;
    return line._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) => Dimensions.flatMap((names) => {
      // A dimension that is no member of its line loses the whole metric.
      for (const name of names) expect([text, line[name]]).toEqual([text, expect.any(String)]);
      return Metrics.map(({ Name }) => signature(Namespace, Name, Object.fromEntries(names.map((name) => [name, String(line[name])]))));
    }));
  }));
}

function ofAlarms(resources: Resources): Looked[] {
  return ofType(resources, 'AWS::CloudWatch::Alarm').flatMap(([, { Properties }]) => {
    const stats = (Properties['Metrics'] as { MetricStat?: { Metric: Properties } }[] | undefined)?.flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [MetricStat.Metric])) ?? [Properties];
    return stats.map((one) => ({
      where: String(Properties['AlarmName']), namespace: String(one['Namespace']), name: String(one['MetricName']),
      dimensions: Object.fromEntries(((one['Dimensions'] ?? []) as { Name: string; Value: unknown }[]).map(({ Name, Value }) => [Name, textOf(Value)])),
    }));
  });
}

/** A row of a dashboard is a list: namespace, name, then names and values of dimensions; or an expression, which may search. */
function ofDashboards(resources: Resources): Looked[] {
  return ofType(resources, 'AWS::CloudWatch::Dashboard').flatMap(([, { Properties }]) => {
    const { widgets } = JSON.parse(textOf(Properties['DashboardBody'])) as { widgets: { properties: { title: string; metrics?: unknown[][] } }[] };
    return widgets.flatMap(({ properties: { title, metrics = [] } }) => metrics.map((row): Looked => {
      const where = `${String(Properties['DashboardName'])}: ${title}`;
      const [first] = row;
      if (typeof first === 'object') {
        const [, namespace = '', names = '', stage = '', name = ''] = /^SEARCH\('\{(\w+),([\w,]+)\} Stage="([\w-]+)" MetricName="(\w+)"', '\w+', \d+\)$/.exec((first as { expression: string }).expression) ?? [];
        return { where, namespace, name, dimensions: Object.fromEntries(names.split(',').map((one) => [one, one === 'Stage' ? stage : ''])) };
      }
      const texts = row.filter((cell) => typeof cell === 'string');
      const [namespace = '', name = '', ...pairs] = texts;
      return { where, namespace, name, dimensions: Object.fromEntries(Array.from({ length: pairs.length / 2 }, (_, pair) => [pairs[2 * pair]!, pairs[2 * pair + 1]!])) };
    }));
  });
}

/** What AWS's services measure, of what there is, as their documentation lists it. */
const OF_AWS: Readonly<Record<string, { names: readonly string[]; dimensions: readonly string[][] }>> = {
  'AWS/Lambda': { names: ['Invocations', 'Errors', 'Throttles', 'IteratorAge', 'DestinationDeliveryFailures'], dimensions: [['FunctionName'], ['FunctionName', 'Resource']] },
  'AWS/ApiGateway': { names: ['Count', 'Latency', '4XXError', '5XXError'], dimensions: [['ApiName'], ['ApiName', 'Stage']] },
  'AWS/States': { names: ['ExecutionsSucceeded', 'ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionsAborted'], dimensions: [['StateMachineArn']] },
  'AWS/SQS': { names: ['ApproximateNumberOfMessagesVisible'], dimensions: [['QueueName']] },
  'AWS/Kinesis': { names: ['WriteProvisionedThroughputExceeded', 'ReadProvisionedThroughputExceeded'], dimensions: [['StreamName']] },
  'AWS/Events': { names: ['TriggeredRules', 'FailedInvocations'], dimensions: [['RuleName']] },
  'AWS/Firehose': { names: ['DeliveryToIceberg.SuccessfulRowCount', 'DeliveryToIceberg.FailedRowCount', 'DataReadFromKinesisStream.Records', 'KinesisMillisBehindLatest', 'DeliveryToIceberg.DataFreshness'], dimensions: [['DeliveryStreamName']] },
};

describe('what is looked at', () => {
  it('of ours, by alarms and dashboards, is what a function writes', () => {
    const known = written();
    const looked = [...STACKS.flatMap((stack) => [...ofAlarms(dev[stack]), ...ofDashboards(dev[stack])]), ...ofAlarms(shared.learning).map((one) => ({ ...one, dimensions: { ...one.dimensions, Stage: STAGE } }))].filter(({ namespace }) => !namespace.startsWith('AWS/'));
    expect(looked.length).toBeGreaterThan(20);
    for (const { where, namespace, name, dimensions } of looked) expect([where, signature(namespace, name, dimensions), known.has(signature(namespace, name, dimensions))]).toEqual([where, expect.any(String), true]);
  });

  it('of AWS’s is there, of a resource of this stage', () => {
    const all = Object.assign({}, ...STACKS.map((stack) => dev[stack])) as Resources;
    const names = new Set(Object.values(all).flatMap(({ Properties }) => ['FunctionName', 'Name', 'QueueName', 'StateMachineName', 'DeliveryStreamName'].flatMap((name) => (Properties[name] === undefined ? [] : [textOf(Properties[name])]))));
    const looked = STACKS.flatMap((stack) => [...ofAlarms(dev[stack]), ...ofDashboards(dev[stack])]).filter(({ namespace }) => namespace.startsWith('AWS/'));
    const unknown = looked.filter(({ namespace, name, dimensions }) => {
      const { names: theirs = [], dimensions: sets = [] } = OF_AWS[namespace] ?? {};
      return !theirs.includes(name) || !sets.some((set) => set.join() === Object.keys(dimensions).sort().join());
    });
    expect(unknown).toEqual([]);
    expect(looked.length).toBeGreaterThan(30);
    for (const { where, dimensions } of looked) {
      for (const [dimension, value] of Object.entries(dimensions)) {
        if (dimension === 'Resource') expect([where, value]).toEqual([where, expect.stringMatching(/^<\w+>:live$/)]);
        else expect([where, dimension, value, names.has(value) || all[value.slice(1, -1)] !== undefined || value === 'dev']).toEqual([where, dimension, value, true]);
      }
    }
  });

  it('by alarms: errors, p99, share of fall-backs, drift, skew, calibration, where the stage says', () => {
    const rung = (one: SynthesisedStage) => Object.fromEntries(STACKS.flatMap((stack) => ofType(one[stack], 'AWS::CloudWatch::Alarm')).map(([, { Properties: alarm }]) => {
      const { Metrics, AlarmName, MetricName, Statistic, ExtendedStatistic, Threshold, EvaluationPeriods, Period } = alarm as Record<string, unknown>;
      const expression = (Metrics as { Expression?: string }[] | undefined)?.find(({ Expression }) => Expression !== undefined)?.Expression;
      return [String(AlarmName).replace(/^millrace-(dev|shared)-/, ''), [expression ?? MetricName, Statistic ?? ExtendedStatistic ?? '', Threshold, EvaluationPeriods, Period ?? 300]];
    }));
    const [usual, strict] = [rung(dev), rung(shared)];
    expect(usual).toMatchObject({
      'score-errors': ['Errors', 'Sum', 0, 1, 60], 'api-errors': ['5XXError', 'Sum', 5, 1, 60], 'api-slow': ['Latency', 'p99', 1_000, 3, 60], 'api-fallbacks': ['IF(answers > 0, fallbacks / answers, 0)', '', 0.2, 3, 300],
      'models-drift': ['FeatureDrift', 'Maximum', 0.25, 1, 3600], 'models-skew': ['TrainServeSkew', 'Maximum', 0.01, 1, 3600], 'models-calibration': ['CalibrationError', 'Maximum', 0.1, 1, 3600],
      'canaries-rolled-back': ['CanariesRolledBack', 'Sum', 0, 1, 300], 'predictions-lost': ['PredictionsLost', 'Sum', 0, 1, 300], 'learning-failed': ['ExecutionsFailed', 'Sum', 0, 1, 300],
    });
    expect(strict).toMatchObject({ 'api-slow': ['Latency', 'p99', 300, 3, 60], 'api-fallbacks': [expect.anything(), '', 0.05, 3, 300], 'models-drift': ['FeatureDrift', 'Maximum', 0.1, 1, 3600], 'models-skew': ['TrainServeSkew', 'Maximum', 0.005, 1, 3600], 'models-calibration': ['CalibrationError', 'Maximum', 0.03, 1, 3600] });
    for (const stack of STACKS) for (const [, { Properties: alarm }] of ofType(dev[stack], 'AWS::CloudWatch::Alarm')) {
      expect([alarm['AlarmName'], alarm['TreatMissingData'], (alarm['AlarmActions'] as unknown[]).length]).toEqual([alarm['AlarmName'], 'notBreaching', 1]);
    }
  });

  it('by dashboards: one of the API, one of learning, which shows where the alarms ring', () => {
    const titles = (resources: Resources) => [...new Set(ofDashboards(resources).map(({ where }) => where))];
    expect(titles(dev.serving)).toEqual(['Requests', 'Latency (ms)', 'Answers, and those that are fall-backs', 'Scoring function', 'Log of predictions', 'Parts that could not be looked at', 'Canaries of models'].map((title) => `millrace-dev-serving: ${title}`));
    expect(titles(dev.learning).map((title) => title.split(': ').slice(1).join(': '))).toEqual([
      'Executions', 'Versions, and those that the gate held back', 'Drift: greatest PSI of an input or the score', 'Skew: share of inputs that the lake has otherwise', 'Calibration error of new versions', 'Answers that were compared', 'Seconds of training',
    ]);
    const body = textOf(only(shared.learning, 'AWS::CloudWatch::Dashboard')[1].Properties['DashboardBody']);
    for (const limit of [0.1, 0.005, 0.03]) expect(body).toContain(`"horizontal":[{"value":${limit},"label":"alarm"`);
  });
});

describe('the guide', () => {
  it('says of every alarm of the streams, of learning and of the API what it means, and of no other', async () => {
    const guide = await readFile(join(import.meta.dirname, '../../docs/deploy.md'), 'utf8');
    // The first cells of the tables of alarms: `a`, `<contract>-b`, `-c`, `d-*`.
    const told = guide.split('| alarm | means |').slice(1).flatMap((table) => table.split('\n\n')[0]!.split('\n').slice(2)).flatMap((row) => [...row.split(' | ')[0]!.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
      .map((name) => (name.startsWith('-') ? `<contract>${name}` : name));
    // Some are there only where a setting asks for them.
    const alarms = [dev, shared].flatMap((one) => (['stream', 'serving', 'learning'] as const).flatMap((stack) => ofType(one[stack], 'AWS::CloudWatch::Alarm'))).map(([, { Properties }]) => String(Properties['AlarmName']).replace(/^millrace-(dev|shared)-/, ''));
    const means = (name: string) => new RegExp(`^${name.replace('<contract>', '(events|outcomes|predictions|transactions)').replace('*', '.*')}$`);
    expect(alarms.filter((alarm) => !told.some((name) => means(name).test(alarm)))).toEqual([]);
    expect(told.filter((name) => !alarms.some((alarm) => means(name).test(alarm)))).toEqual([]);
  });
});

describe('learning as the stage says', () => {
  it('tells its MLflow server at the end, whose one secret the function may read', () => {
    const secret = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:mlflow-AbCdEf';
    const { Environment } = named(shared.learning, 'AWS::Lambda::Function', 'FunctionName', 'millrace-shared-learn')[1].Properties;
    expect(Environment).toMatchObject({ Variables: { MLFLOW_TRACKING_URI: 'https://mlflow.shop.example', MLFLOW_EXPERIMENT_NAME: 'shop', MILLRACE_MLFLOW_SECRET: secret } });
    const onSecrets = (one: SynthesisedStage, prefix: string) => policiesOf(one.learning, prefix).get('learn')!.filter(({ actions }) => actions.some((action) => action.startsWith('secretsmanager:')));
    expect([onSecrets(shared, 'millrace-shared-'), onSecrets(dev, 'millrace-dev-')]).toEqual([[{ actions: ['secretsmanager:GetSecretValue'], resources: [secret] }], []]);
    const machine = JSON.parse(textOf(only(shared.learning, 'AWS::StepFunctions::StateMachine')[1].Properties['DefinitionString'])) as { States: Record<string, { Next?: string }> };
    expect([machine.States['Monitor']!.Next, machine.States['Tell']!.Next]).toEqual(['Tell', 'Verdict']);
  });

  it('is the schedule’s, on its days', () => {
    expect(only(shared.learning, 'AWS::Scheduler::Schedule')[1].Properties).toMatchObject({ ScheduleExpression: 'cron(0 6 ? * MON-FRI *)' });
  });
});
