// Learning in an account: what the template gives it, and the machine over functions that succeed, hold back and fail.
import { rm } from 'node:fs/promises';
import validate from 'asl-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { driftMetrics, trainingMetrics } from '../../lambdas/learn/metrics.ts';
import { LEARNING_MACHINE, learningMachine } from '../../lib/stacks/learning-machine.ts';
import { Interpreter, loadMachine, StateFailure, type Json, type Outcome } from '../../lib/workflow/index.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { policiesOf } from './support/policies.ts';
import { named, ofType, only, synthesise, textOf, type SynthesisedStage } from './support/stage.ts';

type Payload = { step: string; predictor?: string; predictors?: string[] | null; as_of?: string | null; keep_champion?: boolean; allow_leaks?: boolean; looked?: unknown; tune?: unknown };

/** What a look finds nothing with. */
const LOOKED = { cuts: ['2018-06-01T00:00:00.000Z'], rows: 7, leaks: [], whole: [], fingerprint: 'f' };

/** Runs the machine; `fails` names steps that do, with the error. */
async function run(input: Json, fails: Readonly<Record<string, StateFailure>> = {}, machine = LEARNING_MACHINE): Promise<{ outcome: Outcome; calls: string[]; payloads: Payload[] }> {
  const calls: string[] = [];
  const payloads: Payload[] = [];
  const interpreter = new Interpreter(machine, {
    clock: new VirtualClock(), random: () => 0.5,
    resources: {
      'arn:aws:states:::lambda:invoke': async (argument) => {
        const { FunctionName, Payload } = argument as unknown as { FunctionName: string; Payload: Payload };
        expect(FunctionName).toBe('${fn_learn}');
        const call = [Payload.step, Payload.predictor].filter(Boolean).join(' ');
        calls.push(call);
        payloads.push(Payload);
        const failure = fails[call];
        if (failure !== undefined) throw failure;
        if (Payload.step === 'plan') return { Payload: { predictors: Payload.predictors ?? ['churn', 'conversion'] } as Json };
        return { Payload: { step: Payload.step, looked: Payload.step === 'look' && Payload.predictor === 'churn' ? LOOKED : null } as Json };
      },
    },
  });
  return { outcome: await interpreter.run(input, { id: 'l', name: 'l' }), calls, payloads };
}

describe('the learning machine', () => {
  it('is one that Step Functions takes, and the interpreter knows', () => {
    expect(validate(structuredClone(LEARNING_MACHINE), { checkArn: false }).errorsText()).toBe('');
    loadMachine(LEARNING_MACHINE, ['arn:aws:states:::lambda:invoke']);
  });

  it('looks through each predictor for leaks, trains it with what was found, lets its champion answer for all, and then looks at what was answered', async () => {
    const { outcome, calls, payloads } = await run({});
    expect(outcome.status).toBe('succeeded');
    expect([calls[0], calls.at(-1), calls.slice(1, -1).sort()]).toEqual(['plan', 'monitor', ['look churn', 'look conversion', 'predict churn', 'predict conversion', 'train churn', 'train conversion']]);
    expect(payloads[1]).toEqual({ step: 'look', predictor: expect.any(String) as string, as_of: null, allow_leaks: false });
    const trained = payloads.filter(({ step }) => step === 'train').sort((left, right) => (left.predictor! < right.predictor! ? -1 : 1));
    expect(trained).toEqual([
      { step: 'train', predictor: 'churn', as_of: null, keep_champion: false, allow_leaks: false, looked: LOOKED, tune: null }, { step: 'train', predictor: 'conversion', as_of: null, keep_champion: false, allow_leaks: false, looked: null, tune: null },
    ]);
  });

  it('takes what is asked for: one predictor, as of a day, beside the champion', async () => {
    const { calls, payloads } = await run({ predictors: ['churn'], as_of: '2018-10-18', keep_champion: true, allow_leaks: true, tune: { trials: 3 } });
    expect(calls).toEqual(['plan', 'look churn', 'train churn', 'predict churn', 'monitor']);
    expect(payloads[2]).toEqual({ step: 'train', predictor: 'churn', as_of: '2018-10-18', keep_champion: true, allow_leaks: true, looked: LOOKED, tune: { trials: 3 } });
  });

  it('goes on with the others where one cannot be trained, and says at the end which', async () => {
    const { outcome, calls } = await run({}, { 'train churn': new StateFailure('Millrace.bad_input', 'the training set of churn has no row whose label is known') });
    expect(calls).toEqual(expect.arrayContaining(['train conversion', 'predict conversion', 'monitor']));
    expect(calls).not.toContain('predict churn');
    expect(outcome).toMatchObject({ status: 'failed', error: 'LearningProblems', cause: expect.stringContaining('training of churn: Millrace.bad_input the training set of churn') as string });
  });

  it('trains nothing whose features see their future, says so, and does not look again', async () => {
    const { outcome, calls } = await run({}, { 'look churn': new StateFailure('Millrace.conflict', 'churn learns from what was not known yet: avg_delivery_days') });
    expect(calls.filter((call) => call.endsWith('churn'))).toEqual(['look churn']);
    expect(calls).toContain('predict conversion');
    expect(outcome).toMatchObject({ status: 'failed', cause: expect.stringContaining('the look for leaks of churn: Millrace.conflict churn learns from what was not known yet: avg_delivery_days') as string });
  });

  it('does not look where the stage says so', async () => {
    const machine = learningMachine(undefined, { look: false });
    expect(validate(structuredClone(machine), { checkArn: false }).errorsText()).toBe('');
    const { calls, payloads } = await run({ predictors: ['churn'] }, {}, machine);
    expect([calls, payloads[1]!.looked]).toEqual([['plan', 'train churn', 'predict churn', 'monitor'], null]);
  });

  it('does not take a predictor whose first version was held back for a failure: nobody answers yet', async () => {
    expect((await run({}, { 'predict churn': new StateFailure('Millrace.not_found', 'no version of churn answers yet') })).outcome.status).toBe('succeeded');
  });

  it('tries again what only lost a race, and tells of monitoring that fails', async () => {
    const { outcome, calls } = await run({ predictors: ['churn'] }, { monitor: new StateFailure('Millrace.conflict', 'somebody was first') });
    expect(calls.filter((call) => call === 'monitor')).toHaveLength(4);
    expect(outcome).toMatchObject({ status: 'failed', cause: expect.stringContaining('monitoring: Millrace.conflict') as string });
  });
});

describe('the learning machine of a stage with an MLflow server', () => {
  const machine = learningMachine(undefined, { tell: true });

  it('tells it when all else is done, whatever became of that', async () => {
    expect(validate(structuredClone(machine), { checkArn: false }).errorsText()).toBe('');
    expect((await run({ predictors: ['churn'] }, {}, machine)).calls).toEqual(['plan', 'look churn', 'train churn', 'predict churn', 'monitor', 'tell']);
    const { outcome, calls } = await run({ predictors: ['churn'] }, { 'train churn': new StateFailure('Millrace.bad_input', 'no rows'), monitor: new StateFailure('Millrace.io', 'away') }, machine);
    expect([calls.at(-1), outcome]).toEqual(['tell', expect.objectContaining({ status: 'failed', cause: expect.stringMatching(/training of churn: Millrace.bad_input no rows; monitoring: Millrace.io away/) as string })]);
  });

  it('says at the end what keeps it from telling', async () => {
    const { outcome } = await run({ predictors: ['churn'] }, { tell: new StateFailure('Millrace.bad_input', 'the secret for MLflow has no credentials') }, machine);
    expect(outcome).toMatchObject({ status: 'failed', cause: 'telling MLflow: Millrace.bad_input the secret for MLflow has no credentials' });
  });
});

describe('learning in an account', () => {
  let dev: SynthesisedStage;
  beforeAll(async () => { dev = await synthesise({ stage: 'dev' }); }, 120_000);
  afterAll(async () => rm(dev.folder, { recursive: true, force: true }));

  it('has the machine with its function, on a schedule in the shop’s zone', () => {
    const { Properties } = named(dev.learning, 'AWS::StepFunctions::StateMachine', 'StateMachineName', 'millrace-dev-learning')[1];
    expect(JSON.parse(textOf(Properties['DefinitionString']))).toEqual(LEARNING_MACHINE);
    expect(Object.keys(Properties['DefinitionSubstitutions'] as object)).toEqual(['fn_learn']);
    expect(only(dev.learning, 'AWS::Scheduler::Schedule')[1].Properties).toMatchObject({ ScheduleExpression: 'cron(0 6 ? * SUN *)', ScheduleExpressionTimezone: 'America/Sao_Paulo' });
  });

  it('reads the lake, writes gold and the tags of silver, lets go staging places alone, and keeps models without ever deleting one', () => {
    const statements = policiesOf(dev.learning, 'millrace-dev-').get('learn')!;
    const onModels = statements.filter(({ resources }) => resources.some((resource) => resource.includes('-models-'))).flatMap(({ actions, resources }) => actions.flatMap((action) => resources.map((resource) => `${action} ${resource.split(':::')[1]!.replace('-ACCOUNT-REGION', '')}`)));
    expect(onModels.sort()).toEqual(['s3:GetObject millrace-dev-models/registry/*', 's3:ListBucket millrace-dev-models', 's3:PutObject millrace-dev-models/registry/*']);
    const dropped = statements.filter(({ actions }) => actions.includes('glue:DeleteTable')).flatMap(({ resources }) => resources);
    expect(dropped.filter((resource) => !/(catalog|millrace_dev_staging(\/\*)?)$/.test(resource))).toEqual([]);
  });

  it('tells people of failures, drift, skew and calibration', () => {
    const alarms = ofType(dev.learning, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => [String(Properties['AlarmName']).replace('millrace-dev-', ''), Properties['MetricName']]);
    expect(Object.fromEntries(alarms)).toEqual({
      'learning-failed': 'ExecutionsFailed', 'learning-timed-out': 'ExecutionsTimedOut', 'models-drift': 'FeatureDrift', 'models-skew': 'TrainServeSkew', 'models-calibration': 'CalibrationError',
    });
  });
});

describe('what learning measures', () => {
  interface Line { _aws: { CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string }[] }[] }; [name: string]: unknown }
  const metricsOf = (text: string) => {
    const line = JSON.parse(text) as Line;
    return Object.fromEntries(line._aws.CloudWatchMetrics[0]!.Metrics.map(({ Name }) => [Name, line[Name]]));
  };

  it('is told by predictor: calibration of a version, and whether it was held back', () => {
    expect(metricsOf(trainingMetrics({ predictor: 'churn', version: '3', metrics: { calibration_error: 0.02, auc: 0.8 }, seconds: 4 } as never, false, 'millrace-dev', 1))).toEqual({ ModelsTrained: 1, ModelsHeldBack: 1, TrainingSeconds: 4, CalibrationError: 0.02 });
  });

  it('is the greatest drift, and the share of inputs that nothing explains', () => {
    const drift = [{ feature: 'a', psi: 0.1, status: 'stable' }, { feature: 'b', psi: 0.4, status: 'drifted' }, { feature: 'c', psi: 9, status: 'too_few' }];
    const skew = [{ compared: 90, differing: 4, explainedByLag: 3 }, { compared: 10, differing: 0, explainedByLag: 0 }];
    expect(metricsOf(driftMetrics({ predictor: 'churn', version: '3', answers: 50, drift, skew } as never, 'millrace-dev', 1))).toEqual({ FeatureDrift: 0.4, TrainServeSkew: 0.01, MonitoredAnswers: 50 });
    expect(metricsOf(driftMetrics({ predictor: 'churn', version: '3', answers: 0, drift: [], skew: [] }, 'millrace-dev', 1))).toEqual({ MonitoredAnswers: 0 });
  });
});
