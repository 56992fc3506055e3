// Training jobs: what a stage that has them may do, what a job is given, and what becomes of the trees that it leaves.
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import validate from 'asl-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { learn, type LearnEvent } from '../../lambdas/learn/index.ts';
import type { LearningRuntime } from '../../lambdas/learn/runtime.ts';
import { MillraceError, systemClock } from '../../lib/base/index.ts';
import { compileFeatures } from '../../lib/features/index.ts';
import { LocalFiles } from '../../lib/lake/index.ts';
import { fileOf, jobFiles, jobHyperparameters, jobModel } from '../../lib/learning/aws/index.ts';
import {
  byTime, gradientBoosting, matrixOf, ModelRegistry, modelStoreOn, predictor, randomForest, readXgboost, scorerOf, trainPredictor, type BoostingSettings, type Dataset, type LoadedPredictor,
} from '../../lib/learning/index.ts';
import { learningMachine, TRAINING_JOB } from '../../lib/stacks/learning-machine.ts';
import { checkStage } from '../../lib/stacks/stage-limits.ts';
import { Interpreter, StateFailure, type Json, type Outcome } from '../../lib/workflow/index.ts';
import { policiesOf, statementsOf } from './support/policies.ts';
import { CONFIG, named, ofType, synthesise, textOf, type SynthesisedStage } from './support/stage.ts';

const FIXTURES = join(import.meta.dirname, '../learning/xgboost/fixtures');
const FEATURES = ['price', 'age', 'visits', 'score', 'discount', 'device', 'category', 'noise'];
const JOBS = CONFIG.stages['jobs']!.learning!.sageMaker!;
const SPLIT = byTime({ validate: '30d', test: '30d', gap: '1d' });

const floats = async (name: string): Promise<Float32Array> => new Float32Array(Uint8Array.from(await readFile(join(FIXTURES, `${name}.f32`))).buffer);

function declared(settings: BoostingSettings, more: Partial<Parameters<typeof predictor>[1]> = {}): LoadedPredictor {
  return {
    ...predictor('conversion', {
      question: 'Will they buy?', owner: 'growth', entities: ['visitorid'], features: FEATURES, label: 'bought', algorithm: gradientBoosting(settings), split: SPLIT, gate: { metric: more.output === 'value' ? 'rmse' : 'auc', notWorseThanChampion: 1 }, ...more,
    }),
    sql: 'SELECT * FROM visits', file: 'predictors/conversion.ts',
  };
}

let folder: string;
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'millrace-jobs-')); });
afterAll(async () => rm(folder, { recursive: true, force: true }));

/** `model.tar.gz` as a container packs it, by the tar of this machine. */
async function packed(model: string, name: string): Promise<Uint8Array> {
  const place = await mkdtemp(join(folder, 'model-'));
  await copyFile(join(FIXTURES, model), join(place, name));
  return new Uint8Array(execFileSync('tar', ['-C', place, '-czf', '-', '.']));
}

describe('a job is given', () => {
  it('the settings under the container’s names', () => {
    const settings: BoostingSettings = { trees: 200, depth: 5, learningRate: 0.1, minChildWeight: 2, lambda: 1.5, alpha: 0.25, gamma: 0.5, subsample: 0.75, featuresPerTree: 0.5, positiveWeight: 3, seed: 7, monotone: { price: -1, score: 1 }, earlyStopping: 10, metric: 'auc' };
    expect(jobHyperparameters(declared(settings), { weighted: true })).toEqual({
      booster: 'gbtree', tree_method: 'hist', objective: 'binary:logistic', num_round: '200', max_depth: '5', eta: '0.1', min_child_weight: '2.0', lambda: '1.5', alpha: '0.25', gamma: '0.5', max_bin: '255',
      subsample: '0.75', colsample_bytree: '0.5', seed: '7', scale_pos_weight: '3.0', monotone_constraints: '(-1,0,0,1,0,0,0,0)', early_stopping_rounds: '10', eval_metric: 'auc', csv_weights: '1',
    });
  });

  it('constraints that Python reads as a tuple, of one feature too', () => {
    expect(jobHyperparameters(declared({ monotone: { price: -1 } }, { features: ['price'] }), { weighted: false })).toMatchObject({ monotone_constraints: '(-1,)' });
  });

  it.each([
    ['objective reg:quantileerror', declared({ objective: 'reg:quantileerror' }, { output: 'value' })],
    ['objective reg:absoluteerror', declared({ objective: 'reg:absoluteerror' }, { output: 'value' })],
    ['metric auc', declared({ objective: 'reg:squarederror', earlyStopping: 5, metric: 'auc' }, { output: 'value' })],
    ['kind random_forest', declared({}, { algorithm: randomForest() })],
  ])('nothing with the %s, which is refused by name', (what, wrong) => {
    expect(() => jobHyperparameters(wrong, { weighted: false })).toThrow(`conversion has the ${what}, which no training job takes`);
  });

  it('rows with the label first, then a weight where there are any, nan for what is missing, in files of so many rows', () => {
    const set = { features: [{ name: 'a', values: Float32Array.of(0.1, Number.NaN, -3) }, { name: 'b', values: Float32Array.of(1e-9, 2, Number.NaN) }], labels: Float32Array.of(1, 0, 1), weights: Float32Array.of(0.5, 2, 0.5) };
    const texts = (weighted: boolean, rowsAFile: number) => [...jobFiles(set, { weighted, rowsAFile })].map((bytes) => new TextDecoder().decode(bytes));
    expect(texts(false, 2)).toEqual(['1.0,0.1,1e-9\n0.0,nan,2.0\n', '1.0,-3.0,nan\n']);
    expect(texts(true, 10)).toEqual(['1.0,0.5,0.1,1e-9\n0.0,2.0,nan,2.0\n1.0,0.5,-3.0,nan\n']);
  });
});

describe('what a job leaves', () => {
  it('is read out of the archive, whatever lies beside it, and predicts as XGBoost does', async () => {
    const model = jobModel(await packed('logistic.ubj', 'xgboost-model'), declared({}), 'model.tar.gz');
    expect(model).toEqual({ ...readXgboost(await readFile(join(FIXTURES, 'logistic.json'))), featureNames: FEATURES });
    expect(scorerOf({ kind: 'trees', model } as never)!(await floats('logistic.rows'))).toEqual(await floats('logistic.answers'));
  });

  it('counts up to the best round where it stopped early', async () => {
    expect(jobModel(await packed('early.ubj', 'xgboost-model'), declared({}), 'm').trees).toHaveLength(1);
  });

  it('is refused where it is another predictor’s, has no model, or is damaged', async () => {
    const good = await packed('logistic.ubj', 'xgboost-model');
    expect(() => jobModel(good, declared({}, { features: ['price'] }), 'm')).toThrow('8 features and binary:logistic; conversion has 1');
    expect(() => jobModel(good, declared({ objective: 'reg:squarederror' }, { output: 'value' }), 'm')).toThrow('reg:squarederror');
    const other = await packed('logistic.ubj', 'notes.txt');
    expect(() => jobModel(other, declared({}), 'm')).toThrow('has no file xgboost-model');
    expect(() => fileOf(good.subarray(0, good.length - 40), 'xgboost-model', 'm')).toThrow('damaged');
    expect(() => fileOf(gzipSync(new Uint8Array(512).fill(0x41)), 'xgboost-model', 'm')).toThrow('damaged');
  });

  it('is not taken for a kind that is trained in process only', async () => {
    const grown = readXgboost(await readFile(join(FIXTURES, 'logistic.ubj')));
    const data: Dataset = { entities: [], times: new Float64Array(0), labels: new Float32Array(0), columns: [] };
    await expect(trainPredictor(declared({}, { algorithm: randomForest() }), data, { grown })).rejects.toThrow('trained in process only');
  });
});

describe('the machine with jobs', () => {
  const ROWS = 150;
  const calls: string[] = [];
  let answers: Float32Array;
  let rows: (string | number | null)[][];
  let runtime: LearningRuntime;
  let one: LoadedPredictor;
  let jobs: Record<string, unknown>[];

  beforeAll(async () => {
    const values = await floats('logistic.rows');
    answers = await floats('logistic.answers');
    rows = Array.from({ length: ROWS }, (_, row) => [
      `v${row}`, new Date(Date.UTC(2020, 0, 1 + row)).toISOString().slice(0, 10), (answers[row]! >= 0.5) === (row % 5 > 0) ? 1 : 0,
      ...FEATURES.map((__, feature) => (Number.isNaN(values[row * FEATURES.length + feature]!) ? null : values[row * FEATURES.length + feature]!)),
    ]);
  });

  function begin(settings: BoostingSettings): void {
    one = declared(settings);
    jobs = [];
    calls.length = 0;
    const columns = ['visitorid', 'at_time', 'bought', ...FEATURES].map((name) => ({ name }));
    runtime = {
      version: '1.0.0', projectFolder: '', clock: systemClock, home: { temporary: folder }, lake: { context: { files: new LocalFiles() } },
      learning: { predictors: new Map([['conversion', one]]), features: compileFeatures({ sources: [], views: [] }, new Map()), registry: new ModelRegistry(modelStoreOn(new LocalFiles(), join(folder, `registry-${Math.random()}`))) },
      project: async () => ({ models: new Map(), graph: { upstream: () => [] }, sources: new Map() }), engine: async () => ({ query: async () => ({ columns, rows }) }), parameters: async () => ({}),
    } as unknown as LearningRuntime;
  }

  /** `train` stands for SageMaker: it sees the request, and says where it left the model. */
  async function run(aboveRows: number, train: (request: Record<string, unknown>) => Promise<string>, more: Record<string, Json> = {}): Promise<Outcome> {
    const interpreter = new Interpreter(learningMachine(JOBS), {
      clock: systemClock, random: () => 0.5,
      resources: {
        'arn:aws:states:::lambda:invoke': async (argument) => {
          const { Payload } = argument as unknown as { Payload: LearnEvent };
          calls.push(Payload.step);
          // Nobody looks, answers for all or monitors: their tables are of no lake here.
          if (Payload.step === 'look' || Payload.step === 'predict' || Payload.step === 'monitor') return { Payload: { looked: null } };
          const done = await learn(runtime, Payload, { tell: () => undefined, stage: 'millrace-dev', jobs: { aboveRows, folder: join(folder, 'training') } }).catch((error: unknown) => {
            throw error instanceof MillraceError ? new StateFailure(`Millrace.${error.code}`, error.message) : error;
          });
          return { Payload: JSON.parse(JSON.stringify(done)) as Json };
        },
        [TRAINING_JOB]: async (argument) => {
          calls.push('job');
          jobs.push(argument as Record<string, unknown>);
          return { ModelArtifacts: { S3ModelArtifacts: await train(argument as Record<string, unknown>) } };
        },
      },
    });
    return interpreter.run({ as_of: '2020-06-01', ...more }, { id: 'l', name: 'l' });
  }

  /** What SageMaker makes of an output path. */
  async function left(request: Record<string, unknown>, model = 'logistic.ubj'): Promise<string> {
    const place = join((request['OutputDataConfig'] as { S3OutputPath: string }).S3OutputPath, String(request['TrainingJobName']), 'output');
    await mkdir(place, { recursive: true });
    await new LocalFiles().write(join(place, 'model.tar.gz'), await packed(model, 'xgboost-model'));
    return join(place, 'model.tar.gz');
  }

  it('is one that Step Functions takes, and has no job where the stage has none', () => {
    expect(validate(learningMachine(JOBS), { checkArn: false }).errorsText()).toBe('');
    expect(JSON.stringify(learningMachine())).not.toMatch(/sagemaker|adopt/i);
  });

  it('lets a job train on more rows, and judges, keeps and serves its trees like its own', async () => {
    begin({ earlyStopping: 5, trees: 3 });
    expect((await run(20, left)).status).toBe('succeeded');
    expect(calls).toEqual(['plan', 'look', 'train', 'job', 'adopt', 'predict', 'monitor']);
    const { registry } = runtime.learning!;
    const [card] = await registry.versions('conversion');
    expect(card).toMatchObject({ version: '1', algorithm: 'gradient_boosting', asOf: '2020-06-01', rows: { test: 30, validate: 29 } });
    expect(card!.metrics).toMatchObject({ auc: expect.any(Number) as number, baseline_auc: expect.any(Number) as number });
    const model = await registry.model('conversion', '1');
    const matrix = matrixOf({ columns: FEATURES.map((_, at) => Float32Array.from(rows, (row) => Number(row[3 + at] ?? Number.NaN))) } as Dataset, Uint32Array.from(rows.keys()));
    expect(scorerOf(model)!(matrix)).toEqual(answers);
  });

  it('orders it with the rows before the test window, and none of the others', async () => {
    begin({ earlyStopping: 5, trees: 3 });
    await run(20, left);
    const [request] = jobs as [{ TrainingJobName: string; InputDataConfig: { ChannelName: string; DataSource: { S3DataSource: { S3Uri: string } } }[]; HyperParameters: Record<string, string> }];
    expect(request).toMatchObject({
      TrainingJobName: expect.stringMatching(/^millrace-dev-conversion-[0-9a-z]+$/) as string, HyperParameters: { num_round: '3', early_stopping_rounds: '5', eval_metric: 'logloss' }, EnableNetworkIsolation: true,
      AlgorithmSpecification: { TrainingImage: JOBS.image }, ResourceConfig: { InstanceType: 'ml.m5.4xlarge', InstanceCount: 1, VolumeSizeInGB: 50 }, StoppingCondition: { MaxRuntimeInSeconds: 7200 },
    });
    const lines = async (channel: string): Promise<string[]> => {
      const { S3Uri } = request.InputDataConfig.find(({ ChannelName }) => ChannelName === channel)!.DataSource.S3DataSource;
      return (await Promise.all((await readdir(S3Uri)).map((name) => readFile(join(S3Uri, name), 'utf8')))).join('').trimEnd().split('\n');
    };
    const { train, validate: watched } = (await runtime.learning!.registry.versions('conversion'))[0]!.rows;
    const [training, validation] = [await lines('train'), await lines('validation')];
    expect([training.length, validation.length]).toEqual([train, watched]);
    const cells = (line: string) => line.split(',').map((cell) => (cell === 'nan' ? null : Math.fround(Number(cell))));
    expect(training.map(cells)).toEqual(rows.slice(0, train).map((row) => row.slice(2)));
  });

  it('trains in the function as before up to that many rows, and without a validation channel where nothing stops early', async () => {
    begin({ trees: 3 });
    expect((await run(ROWS, left)).status).toBe('succeeded');
    expect(calls).toEqual(['plan', 'look', 'train', 'predict', 'monitor']);
    await run(20, left);
    expect((jobs[0]!['InputDataConfig'] as { ChannelName: string }[]).map(({ ChannelName }) => ChannelName)).toEqual(['train']);
  });

  it('searches for settings in the function, and refuses by name to do so for a job', async () => {
    begin({ trees: 3 });
    expect((await run(ROWS, left, { tune: { trials: 2 } })).status).toBe('succeeded');
    expect((await runtime.learning!.registry.versions('conversion'))[0]!.tuning?.trials).toHaveLength(3);
    expect(await run(20, left, { tune: { trials: 2 } })).toMatchObject({ status: 'failed', cause: expect.stringContaining('settings of conversion are not searched for: a job trains it') as string });
    expect(await run(ROWS, left, { tune: { trials: 'many' } })).toMatchObject({ status: 'failed', cause: expect.stringContaining('tune.trials is "many"') as string });
    expect(jobs).toEqual([]);
  });

  it('says which predictor’s job failed, left a model of another kind, or cannot be ordered, and keeps no version of it', async () => {
    begin({ trees: 3 });
    expect(await run(20, async () => { throw new StateFailure('States.TaskFailed', 'ClientError: No space left'); })).toMatchObject({ status: 'failed', cause: expect.stringContaining('training job of conversion: States.TaskFailed ClientError') as string });
    expect(await run(20, (request) => left(request, 'quantile.ubj'))).toMatchObject({ status: 'failed', cause: expect.stringContaining('adopting of conversion: Millrace.bad_input') as string });
    expect(await run(20, async (request) => {
      const place = await left(request);
      (runtime.learning!.predictors as Map<string, LoadedPredictor>).set('conversion', declared({ trees: 4 }));
      return place;
    })).toMatchObject({ status: 'failed', cause: expect.stringContaining('Millrace.conflict') as string });
    begin({ objective: 'reg:absoluteerror' });
    expect(await run(20, left)).toMatchObject({ status: 'failed', cause: expect.stringContaining('objective reg:absoluteerror') as string });
    expect(calls).not.toContain('job');
    expect(await runtime.learning!.registry.versions('conversion')).toEqual([]);
  });
});

describe('a stage', () => {
  let dev: SynthesisedStage;
  let withJobs: SynthesisedStage;
  beforeAll(async () => { [dev, withJobs] = [await synthesise({ stage: 'dev' }), await synthesise({ stage: 'jobs' })]; }, 240_000);
  afterAll(async () => Promise.all([dev, withJobs].map(async (stage) => rm(stage.folder, { recursive: true, force: true }))));

  it('without jobs has no role of SageMaker, and may start none', () => {
    expect(JSON.stringify(dev.learning)).not.toMatch(/sagemaker/i);
    expect(JSON.stringify(dev.learning)).not.toContain('training/');
  });

  it('with jobs has one role that only SageMaker of this account takes, and that reaches their folder', () => {
    const [id, { Properties }] = named(withJobs.learning, 'AWS::IAM::Role', 'RoleName', 'millrace-jobs-training');
    expect(JSON.stringify(Properties['AssumeRolePolicyDocument'])).toMatch(/"aws:SourceAccount".*sagemaker\.amazonaws\.com/);
    const statements = statementsOf(withJobs.learning, id);
    const onS3 = statements.flatMap(({ actions, resources }) => actions.filter((action) => action.startsWith('s3:')).map((action) => `${action} ${resources.join()}`));
    expect(onS3.map((text) => text.replace('arn:aws:s3:::millrace-jobs-models-ACCOUNT-REGION', '')).sort()).toEqual(['s3:AbortMultipartUpload /training/jobs/*', 's3:GetObject /training/jobs/*', 's3:ListBucket ', 's3:PutObject /training/jobs/*']);
    expect(statements.find(({ actions }) => actions.includes('ecr:BatchGetImage'))!.resources).toEqual(['arn:aws:ecr:eu-central-1:492215442770:repository/sagemaker-xgboost']);
  });

  it('lets its machine start, watch and stop its own jobs, and pass that role alone', () => {
    const [, { Properties }] = named(withJobs.learning, 'AWS::StepFunctions::StateMachine', 'StateMachineName', 'millrace-jobs-learning');
    expect(JSON.parse(textOf(Properties['DefinitionString']))).toEqual(learningMachine(JOBS));
    expect(Object.keys(Properties['DefinitionSubstitutions'] as object).sort()).toEqual(['fn_learn', 'training_key', 'training_role']);
    const statements = statementsOf(withJobs.learning, textOf(Properties['RoleArn']).slice(1, -1));
    const of = (action: string) => statements.filter(({ actions }) => actions.includes(action)).flatMap(({ resources }) => resources);
    const [trainingRole] = named(withJobs.learning, 'AWS::IAM::Role', 'RoleName', 'millrace-jobs-training');
    expect(of('iam:PassRole')).toEqual([`<${trainingRole}>`]);
    for (const action of ['sagemaker:CreateTrainingJob', 'sagemaker:DescribeTrainingJob', 'sagemaker:StopTrainingJob']) expect(of(action).map((arn) => arn.split(':').at(-1))).toEqual(['training-job/millrace-jobs-*']);
    expect(of('events:PutRule').map((arn) => arn.split(':').at(-1))).toEqual(['rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule']);
    expect(JSON.stringify(ofType(withJobs.learning, 'AWS::IAM::Policy'))).toContain('"iam:PassedToService":"sagemaker.amazonaws.com"');
  });

  it('tells its function above how many rows, and lets it write there', () => {
    const [, { Properties }] = named(withJobs.learning, 'AWS::Lambda::Function', 'FunctionName', 'millrace-jobs-learn');
    expect((Properties['Environment'] as { Variables: Record<string, string> }).Variables['MILLRACE_JOBS_ABOVE_ROWS']).toBe('1000000');
    const statements = policiesOf(withJobs.learning, 'millrace-jobs-').get('learn')!;
    expect(statements.filter(({ resources }) => resources.some((resource) => resource.endsWith('/training/*'))).flatMap(({ actions }) => actions)).toEqual(['s3:GetObject', 's3:PutObject']);
  });

  it.each([
    [{ image: JOBS.image.replace('3.0-5', '1.7-1') }, 'XGBoost 1.7'], [{ image: JOBS.image.replace('eu-central-1', 'us-east-1') }, 'learning.sageMaker.image'], [{ image: 'xgboost' }, 'learning.sageMaker.image'],
    [{ instanceType: 'm5.large' }, 'learning.sageMaker.instanceType'], [{ maxSeconds: 20_000 }, 'learning.sageMaker.maxSeconds'], [{ aboveRows: 0.5 }, 'learning.sageMaker.aboveRows'],
  ])('with %o is refused by name', (change, what) => {
    expect(() => { checkStage('jobs', { ...CONFIG.stages['jobs']!, learning: { sageMaker: { ...JOBS, ...change } } }); }).toThrow(what);
  });
});
