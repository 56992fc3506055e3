// MLflow itself: a server from its package is told of the same runs, models and aliases, loads our model to the same scores, and its scoring client is served.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { learn } from '../../lambdas/learn/index.ts';
import type { LearningRuntime } from '../../lambdas/learn/runtime.ts';
import { compileTrees, scoreRows, seededRandom, type ModelCard, type TreeModel } from '../../lib/learning/index.ts';
import { openApiService, openRuntime, registryOf, type Runtime, type TrainingReport } from '../../lib/local/index.ts';
import { PROJECT, trainingHome, type TrainingHome } from '../local/learning/home.ts';
import { mlflowPrograms } from './support/engines.ts';
import { freePort } from './support/free-port.ts';

const SCRIPT = path.join(import.meta.dirname, 'support/learning/mlflow_read.py');
const START_MS = 300_000;

interface ReadBack {
  runs: { name: string; status: string; params: Record<string, string>; metrics: Record<string, number>; tags: Record<string, string>; artifacts: string[] }[];
  versions: { version: string; run_id: string; tags: Record<string, string> }[];
  aliases: Record<string, string>;
  description: string;
  champion: Record<string, string>;
  features: string[];
  scores: number[];
  generic: number[];
}

/** What MLflow's client was answered, by the form that carried the rows. */
interface Scored { answers: Record<string, number[]>; holes: { nan: number[]; null: number[] } }

let shop: TrainingHome;
let server: ChildProcess | undefined;
let uri: string;
let environment: NodeJS.ProcessEnv;

async function startServer(port: number): Promise<void> {
  const folder = path.join(shop.folder, 'mlflow');
  mkdirSync(folder, { recursive: true });
  const programs = mlflowPrograms();
  server = spawn(path.join(programs, 'mlflow'), [
    'server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1', '--backend-store-uri', `sqlite:///${folder}/mlflow.db`, '--artifacts-destination', path.join(folder, 'artifacts'), '--serve-artifacts',
  ], { cwd: folder, env: pythonEnvironment(programs), stdio: 'ignore', detached: true });
  for (const until = Date.now() + START_MS; Date.now() < until;) {
    if ((await fetch(`${uri}/health`).catch(() => undefined))?.ok === true) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 500);
    });
  }
  throw new Error('mlflow server did not start');
}

function pythonEnvironment(programs: string): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${programs}:${process.env['PATH'] ?? ''}`, MLFLOW_DISABLE_TELEMETRY: 'true', DO_NOT_TRACK: 'true' };
}

function python<Answer>(args: readonly string[], input: unknown): Answer {
  const programs = mlflowPrograms();
  const out = execFileSync(path.join(programs, 'python'), [SCRIPT, ...args], { env: pythonEnvironment(programs), input: JSON.stringify(input), stdio: ['pipe', 'pipe', 'inherit'], maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(out.toString().trim().split('\n').at(-1)!) as Answer;
}

beforeAll(async () => {
  shop = await trainingHome();
  const port = await freePort();
  uri = `http://127.0.0.1:${port}`;
  environment = { MLFLOW_TRACKING_URI: uri };
});
afterAll(async () => {
  if (server?.pid !== undefined && server.exitCode === null) {
    const gone = new Promise((resolve) => {
      server!.once('exit', resolve);
    });
    process.kill(-server.pid);
    await gone;
  }
  if (shop !== undefined) rmSync(shop.folder, { recursive: true, force: true });
});

async function withRuntime<Result>(work: (runtime: Runtime) => Promise<Result>): Promise<Result> {
  const runtime = await openRuntime({ home: shop.home, project: PROJECT });
  try {
    return await work(runtime);
  } finally {
    await runtime.close();
  }
}

describe('MLflow', () => {
  test('that is away fails no training: what it is to be told waits', async () => {
    const { out, err } = await shop.millrace(['train', 'conversion', '--tune', '--trials', '3'], { environment });
    expect(out).toContain('passes the gate and answers from now on');
    expect(err).toContain('MLflow does not answer');
    expect((await shop.millrace(['models'])).out).toContain('waiting for MLflow: version 1 of conversion, the aliases of conversion');
  });

  test('is told later, and of what comes then at once', async () => {
    await startServer(Number(new URL(uri).port));
    expect((await shop.millrace(['models', 'send'], { environment })).out).toContain('sent to MLflow: version 1 of conversion, the aliases of conversion');
    const trained = JSON.parse((await shop.millrace(['train', 'conversion', '--keep-champion', '--json'], { environment })).out) as TrainingReport;
    expect(trained.card.version).toBe('2');
    await shop.millrace(['promote', 'conversion', '2', '--canary', '10%'], { environment });
    expect((await shop.millrace(['models'])).out).not.toContain('waiting for MLflow');
    // Told twice, it has it once.
    await shop.millrace(['rollback', 'conversion'], { environment });
    await shop.millrace(['promote', 'conversion', '2', '--as', 'challenger'], { environment });
  });

  test('has the same runs, versions and aliases, and scores as we do', async () => {
    const cards = await withRuntime((runtime) => registryOf(runtime).versions('conversion'));
    const { features } = cards[0]!;
    const random = seededRandom(1);
    const rows = Array.from({ length: 50 }, () => features.map(() => Math.floor(random.uniform() * 10)));
    const back = python<ReadBack>(['read', uri], { rows });

    const runOf = (card: ModelCard): ReadBack['runs'][number] => back.runs.find(({ name }) => name === `conversion ${card.version}`)!;
    expect(back.runs.filter(({ tags }) => tags['mlflow.parentRunId'] === undefined)).toHaveLength(2);
    for (const card of cards) {
      const run = runOf(card);
      expect(run.status).toBe('FINISHED');
      for (const [metric, value] of Object.entries(card.metrics)) expect(run.metrics[metric]).toBeCloseTo(value, 12);
      expect(run.params).toMatchObject({ algorithm: 'gradient_boosting', as_of: card.asOf, features: features.join(', ') });
      for (const [name, value] of Object.entries(card.parameters as Record<string, unknown>)) expect(run.params[name]).toBe(typeof value === 'string' ? value : JSON.stringify(value));
      expect(run.tags['millrace.snapshot.silver.events']).toBe(card.snapshots['silver.events']);
      expect(run.artifacts).toEqual(['card.json', 'model/MLmodel', 'model/model.json', 'model_card.md']);
    }
    const { tuning } = cards[0]!;
    const trials = back.runs.filter(({ tags }) => tags['mlflow.parentRunId'] !== undefined);
    expect(trials.map(({ metrics }) => metrics[tuning!.metric]).sort()).toEqual(tuning!.trials.map(({ score }) => score).sort());

    expect(back.description).toBe(cards[0]!.question);
    expect(back.versions.map(({ tags }) => tags['millrace.registry_version']).sort()).toEqual(['1', '2']);
    expect(back.champion['millrace.registry_version']).toBe('1');
    expect(back.versions.find(({ version }) => String(version) === String(back.aliases['challenger']))?.tags['millrace.registry_version']).toBe('2');

    const { model } = await withRuntime((runtime) => registryOf(runtime).model('conversion', '1'));
    const ours = scoreRows(compileTrees(model as TreeModel), Float32Array.from(rows.flat()));
    expect(back.features).toEqual(features);
    back.scores.forEach((score, row) => expect(score).toBe(ours[row]));
    back.generic.forEach((score, row) => expect(score).toBe(ours[row]));
  });

  test('is told by the learning function of an account what it lacks, and of nothing twice', async () => {
    // A home that tells nobody, as the registry of a stage.
    await shop.millrace(['train', 'conversion', '--keep-champion']);
    await shop.millrace(['promote', 'conversion', '3', '--force']);
    const told = await withRuntime((runtime) => {
      const learning = { ...runtime, learning: { registry: registryOf(runtime) } } as unknown as LearningRuntime;
      return learn(learning, { step: 'tell' }, { tell: () => undefined, stage: 'millrace-dev', mlflow: async () => environment });
    });
    expect(told).toEqual({ told: 4, waiting: [], refused: [] });
    const { features } = await withRuntime((runtime) => registryOf(runtime).card('conversion', '3'));
    const back = python<ReadBack>(['read', uri], { rows: [features.map(() => 1)] });
    expect(back.versions.map(({ tags }) => tags['millrace.registry_version']).sort()).toEqual(['1', '2', '3']);
    expect([back.champion['millrace.registry_version'], back.runs.filter(({ tags }) => tags['mlflow.parentRunId'] === undefined).length]).toEqual(['3', 3]);
  });

  test('has a scoring client that our API serves', async () => {
    await withRuntime(async (runtime) => {
      const api = await openApiService(runtime, { port: 0, defaultPredictor: 'conversion', put: async (_, records) => records.map((__, index) => ({ ok: true as const, sequence: String(index), shardId: 's' })) });
      const stop = new AbortController();
      const running = api.run(stop.signal);
      try {
        const key = api.keys.addForNow('mlflow', { scopes: ['predict'] });
        const { features } = await registryOf(runtime).card('conversion', '1');
        const data = [features.map((_, at) => at), features.map(() => 1)];
        const columns = ['visitorid', 'itemid', ...features];
        // In a process of its own: the client waits for answers that this one gives.
        const answered = await new Promise<Scored>((resolve, reject) => {
          const programs = mlflowPrograms();
          const child = spawn(path.join(programs, 'python'), [SCRIPT, 'score', api.server.url, key], { env: pythonEnvironment(programs), stdio: ['pipe', 'pipe', 'inherit'] });
          let out = '';
          child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
          child.once('exit', (code) => (code === 0 ? resolve(JSON.parse(out.trim().split('\n').at(-1)!) as Scored) : reject(new Error(`the client ended with ${code}`))));
          child.stdin.end(JSON.stringify({ columns, data: data.map((row, at) => [`v${at}`, `i${at}`, ...row]) }));
        });
        const { model } = await registryOf(runtime).model('conversion', '1');
        const ours = scoreRows(compileTrees(model as TreeModel), Float32Array.from(data.flat()));
        expect(Object.keys(answered.answers)).toEqual(['client', 'records', 'csv']);
        for (const scores of Object.values(answered.answers)) scores.forEach((score, row) => expect(score).toBeCloseTo(ours[row]!, 6));
        expect(answered.holes.nan).toEqual(answered.holes.null);
      } finally {
        stop.abort();
        await running;
      }
    });
  });
});
