// Training jobs, as far as they can be rehearsed: what the learning function orders is done by the XGBoost of SageMaker's container as that container does it, and the
// archive that it leaves is taken in, judged, kept and answers to the bit like the XGBoost that grew it. SageMaker itself, and the container's image, are not run.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { learn, type LearnEvent } from '../../lambdas/learn/index.ts';
import type { LearningRuntime } from '../../lambdas/learn/runtime.ts';
import { MillraceError, systemClock } from '../../lib/base/index.ts';
import { compileFeatures } from '../../lib/features/index.ts';
import { LocalFiles } from '../../lib/lake/index.ts';
import {
  byTime, gradientBoosting, ModelRegistry, modelStoreOn, predictor, scorerOf, type BoostingSettings, type LoadedPredictor, type ModelCard,
} from '../../lib/learning/index.ts';
import { learningMachine, TRAINING_JOB } from '../../lib/stacks/learning-machine.ts';
import { Interpreter, StateFailure, type Json } from '../../lib/workflow/index.ts';
import { shopRows } from '../learning/support/shop-rows.ts';
import { sagemakerPython } from './support/engines.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const SCRIPT = join(import.meta.dirname, 'support/learning/sagemaker_job.py');
const ROWS = 8000;
const JOBS = { aboveRows: 1000, instanceType: 'ml.m5.4xlarge', image: '683313688378.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-xgboost:3.0-5', maxSeconds: 3600 };
const run = promisify(execFile);

let folder: string;
let python: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-sagemaker-'));
  python = sagemakerPython();
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

/** A made-up shop, a row an hour; the last feature is known of nobody before the test window. */
const shop = shopRows(ROWS, 11);
const timeOf = (row: number): number => Date.UTC(2026, 0, 1) + row * 3_600_000;
const late = Float32Array.from({ length: ROWS }, (_, row) => (row < ROWS * 0.85 ? Number.NaN : 1));
const FEATURES = [...shop.features.map(({ name }) => name), 'late'];
const columns = [...shop.features.map(({ values }) => values), late];
const noise = shop.features.find(({ name }) => name === 'noise')!.values;
/** What no feature tells is the next row's noise. */
const price = (row: number): number => 20 + 5 * shop.features[0]!.values[row]! + 3 * (shop.features[1]!.values[row]! > 0 ? 1 : 0) + 2 * noise[(row + 1) % ROWS]!;

type Declared = Partial<Parameters<typeof predictor>[1]>;
const declared = (settings: BoostingSettings, more: Declared = {}): LoadedPredictor => ({
  ...predictor('conversion', {
    question: 'Will they buy?', owner: 'growth', entities: ['visitorid'], features: FEATURES, label: 'bought', algorithm: gradientBoosting(settings), split: byTime({ validate: '60d', test: '60d', gap: '1d' }),
    gate: { metric: more.output === 'value' ? 'rmse' : 'auc', notWorseThanChampion: 1 }, ...more,
  }),
  sql: 'SELECT * FROM visits', file: 'predictors/conversion.ts',
});

interface Request { TrainingJobName: string; OutputDataConfig: { S3OutputPath: string }; HyperParameters: Record<string, string>; InputDataConfig: { ChannelName: string; DataSource: { S3DataSource: { S3Uri: string } } }[] }

/** Runs the machine with a job, and once more in the function; gives both cards, what is served, and what XGBoost answers. */
async function trained(one: LoadedPredictor): Promise<{ card: ModelCard; inFunction: ModelCard; champion: string | undefined; ours: Float32Array; theirs: Float32Array; request: Request; left: string }> {
  const { features, output } = one;
  const places = features.map((name) => FEATURES.indexOf(name));
  const matrix = Float32Array.from({ length: ROWS * features.length }, (_, at) => columns[places[at % features.length]!]![Math.floor(at / features.length)]!);
  const rows = Array.from({ length: ROWS }, (_, row) => [
    `v${row}`, new Date(timeOf(row)).toISOString(), output === 'value' ? price(row) : shop.labels[row]!, ...places.map((place) => (Number.isNaN(columns[place]![row]!) ? null : columns[place]![row]!)),
  ]);
  const here = await mkdtemp(join(folder, 'run-'));
  const registry = new ModelRegistry(modelStoreOn(new LocalFiles(), join(here, 'registry')));
  const runtime = {
    version: '1.0.0', projectFolder: '', clock: systemClock, home: { temporary: here }, lake: { context: { files: new LocalFiles() } },
    learning: { predictors: new Map([[one.name, one]]), features: compileFeatures({ sources: [], views: [] }, new Map()), registry },
    project: async () => ({ models: new Map(), graph: { upstream: () => [] }, sources: new Map() }), engine: async () => ({ query: async () => ({ columns: ['visitorid', 'at_time', 'bought', ...features].map((name) => ({ name })), rows }) }), parameters: async () => ({}),
  } as unknown as LearningRuntime;
  await writeFile(join(here, 'asked.f32'), new Uint8Array(matrix.buffer));
  const requests: Request[] = [];
  const place = { aboveRows: JOBS.aboveRows, folder: join(here, 'training') };
  const machine = async (jobs: typeof place | undefined, keepChampion: boolean): Promise<void> => {
    const outcome = await new Interpreter(learningMachine(JOBS), {
      clock: systemClock, random: () => 0.5,
      resources: {
        'arn:aws:states:::lambda:invoke': async (argument) => {
          const { Payload } = argument as unknown as { Payload: LearnEvent };
          // Nobody looks, answers for all or monitors: their tables are of no lake here.
          if (Payload.step === 'look' || Payload.step === 'predict' || Payload.step === 'monitor') return { Payload: { looked: null } };
          const done = await learn(runtime, Payload, { tell: () => undefined, stage: 'millrace-dev', jobs }).catch((error: unknown) => {
            throw error instanceof MillraceError ? new StateFailure(`Millrace.${error.code}`, error.message) : error;
          });
          return { Payload: JSON.parse(JSON.stringify(done)) as Json };
        },
        [TRAINING_JOB]: async (argument) => {
          const request = argument as unknown as Request;
          requests.push(request);
          await writeFile(join(here, 'request.json'), JSON.stringify(request));
          const archive = join(request.OutputDataConfig.S3OutputPath, request.TrainingJobName, 'output/model.tar.gz');
          await run(python, [SCRIPT, join(here, 'request.json'), archive, join(here, 'asked.f32')], { maxBuffer: 2 ** 24 });
          return { ModelArtifacts: { S3ModelArtifacts: archive } };
        },
      },
    }).run({ as_of: '2026-06-01', ...(keepChampion ? { keep_champion: true } : {}) }, { id: 'l', name: 'l' });
    expect(outcome).toMatchObject({ status: 'succeeded' });
  };
  await machine(place, false);
  await machine(undefined, true);
  expect(requests).toHaveLength(1);
  const [request] = requests as [Request];
  const theirs = new Float32Array(Uint8Array.from(await readFile(join(here, 'asked.f32.answers'))).buffer);
  const ours = scorerOf(await registry.model(one.name, '1'))!(matrix);
  const output_ = request.OutputDataConfig.S3OutputPath;
  return { card: await registry.card(one.name, '1'), inFunction: await registry.card(one.name, '2'), champion: (await registry.aliases(one.name)).champion, ours, theirs, request, left: join(output_, (await readdir(output_))[0]!, 'output/model.tar.gz') };
}

describe('a job of SageMaker’s XGBoost', () => {
  it.each<[string, BoostingSettings, Declared, Record<string, unknown>]>([
    ['that stops early on the area under the curve, weighs rows, and holds constraints', { trees: 200, depth: 4, learningRate: 0.1, earlyStopping: 10, metric: 'auc', monotone: { price: 1, visits: 1 }, subsample: 0.8, featuresPerTree: 0.75, seed: 5, lambda: 2, alpha: 0.1, gamma: 0.1, minChildWeight: 3 }, { classWeights: 'balanced' }, { csv_weights: '1', eval_metric: 'auc' }],
    ['that stops early on log loss', { trees: 200, depth: 3, learningRate: 0.2, earlyStopping: 10 }, {}, { eval_metric: 'logloss' }],
    ['that never stops, with weight on the positive', { trees: 40, depth: 3, positiveWeight: 2 }, {}, { scale_pos_weight: '2.0' }],
    ['of a value, by the square of the error', { trees: 200, depth: 3, learningRate: 0.1, objective: 'reg:squarederror', earlyStopping: 10 }, { output: 'value' }, { eval_metric: 'rmse' }],
    ['of a value, watched by its absolute error', { trees: 200, depth: 3, learningRate: 0.1, objective: 'reg:squarederror', earlyStopping: 10, metric: 'mae' }, { output: 'value' }, { eval_metric: 'mae' }],
    ['with one feature, constrained', { trees: 40, depth: 2, monotone: { price: 1 } }, { features: ['price'] }, { monotone_constraints: '(1,)' }],
  ])('%s leaves trees that are judged, promoted and served as they are', async (_, settings, more, parameters) => {
    const { card, inFunction, champion, ours, theirs, request, left } = await trained(declared(settings, more));
    expect(request.HyperParameters).toMatchObject(parameters);
    expect([card.gate?.passes, champion]).toEqual([true, '1']);
    expect(card.rows).toEqual(inFunction.rows);
    // To the bit, of every row, those with a value in a column that no training row had included.
    expect([ours.length, ours.reduce((count, value, row) => count + Number(!Object.is(value, theirs[row])), 0)]).toEqual([ROWS, 0]);
    // Other trees than the function's own, and as good.
    const metric = more.output === 'value' ? 'rmse' : 'auc';
    const [job, own] = [card.metrics[metric]!, inFunction.metrics[metric]!];
    expect([job, own, Math.abs(job - own) / own < 0.03]).toEqual([job, own, true]);
    expect((await readFile(left)).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
  });
});
