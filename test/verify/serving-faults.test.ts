// The API under faults, as processes of their own: models swapped under load, stores gone, logs full, servers killed. Every request is answered, in time, and
// an answer that is no model's says so; what was acknowledged is in the log when the fault is over.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from './support/free-port.ts';
import { pairs, pause, rowsOf, run, serve, succeed, trainedHome, until, untilReady, type Running, type SampleHome, type Served } from './support/served-home.ts';

let sample: SampleHome;
let rows: { visitorid: string; itemid: string }[];
const running: Running[] = [];
beforeAll(async () => {
  sample = await trainedHome();
  rows = await pairs(sample.root, 200);
}, 300_000);
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop('SIGKILL')));
});
afterAll(() => sample.remove());

interface Answer { status: number; milliseconds: number; id?: string; version?: string | null; fallback?: boolean; reason?: string | null; at: number }

const started = async (home: string): Promise<Served> => {
  const served = await serve(home);
  running.push(served);
  return served;
};
const ask = async (served: Served, index: number): Promise<Answer> => {
  const { status, milliseconds, body } = await served.post('/v1/predict/conversion', { rows: [rows[index % rows.length]] });
  const [first] = (body as { predictions?: { prediction_id: string; version: string | null; fallback: boolean; reason: string | null }[] }).predictions ?? [];
  return { status, milliseconds, at: Date.now(), ...(first === undefined ? {} : { id: first.prediction_id, version: first.version, fallback: first.fallback, reason: first.reason }) };
};

/** Asks from several connections until told to stop; a request that gets no answer at all is status 0. */
function load(served: Served, connections = 4): { answers: Answer[]; stop(): Promise<Answer[]> } {
  const answers: Answer[] = [];
  const over = new AbortController();
  const workers = Array.from({ length: connections }, async (_, worker) => {
    for (let index = worker; !over.signal.aborted; index += connections) {
      answers.push(await ask(served, index).catch(() => ({ status: 0, milliseconds: Number.NaN, at: Date.now() })));
      await pause(5);
    }
  });
  return {
    answers,
    async stop() {
      over.abort();
      await Promise.all(workers);
      return answers;
    },
  };
}

const statuses = (answers: readonly Answer[]) => Object.fromEntries([...new Set(answers.map(({ status }) => status))].sort().map((status) => [status, answers.filter((one) => one.status === status).length]));
/** Milliseconds. */
const slowest = (answers: readonly Answer[]) => Math.max(...answers.map(({ milliseconds }) => milliseconds));

/** Ids that reached the lake, of the log as delivery takes it from the streams; as often as they are there. */
async function logged(home: string, table: 'predictions' | 'outcomes', column: string): Promise<string[]> {
  const endpoint = run(['stream', 'endpoint', '--port', '0', '--home', home]);
  running.push(endpoint);
  await untilReady('the endpoint listens', endpoint, 'http://');
  const deliver = run(['stream', 'deliver', '--interval', '100', '--home', home]);
  running.push(deliver);
  let [before, ids] = [-1, [] as string[]];
  const read = async (): Promise<void> => {
    ids = (await rowsOf<Record<string, string>>(home, `SELECT ${column} FROM bronze.${table}`) ?? []).map((row) => row[column]!);
  };
  // What is delivered grows until all of it is there.
  for (let quiet = 0; quiet < 3; quiet = ids.length === before && ids.length > 0 ? quiet + 1 : 0) {
    before = ids.length;
    await pause(1_500);
    await read();
  }
  await deliver.stop();
  await endpoint.stop();
  return ids;
}

describe('a model that is swapped under load', () => {
  it('drops no request: one version answers, then the other', async () => {
    const home = await sample.copy();
    await succeed(home, 'train', 'conversion');
    await succeed(home, 'promote', 'conversion', '1');
    const served = await started(home);
    const loading = load(served);
    for (const version of ['2', '1', '2']) {
      await pause(1_000);
      await succeed(home, 'promote', 'conversion', version);
      const since = loading.answers.length;
      await until(`version ${version} answers`, () => loading.answers.slice(since).some((one) => one.version === version));
    }
    const answers = await loading.stop();
    expect(statuses(answers)).toEqual({ 200: answers.length });
    expect(answers.filter(({ fallback }) => fallback)).toEqual([]);
    expect(new Set(answers.map(({ version }) => version))).toEqual(new Set(['1', '2']));
    expect(slowest(answers)).toBeLessThan(5_000);
    expect(served.err()).toBe('');
  });
});

describe('an online store', () => {
  it('that is taken away is answered without, marked, at once; that comes back is read again', async () => {
    const home = await sample.copy();
    await rename(join(home, 'online'), join(home, 'away'));
    const served = await started(home);
    const without = await ask(served, 1);
    expect(without).toMatchObject({ status: 200, fallback: true, reason: 'features_unavailable' });
    expect(without.milliseconds).toBeLessThan(2_000);
    await rename(join(home, 'away'), join(home, 'online'));
    await until('features are read again', async () => (await ask(served, 2)).fallback === false);

    // Under a process that has it open: every answer comes, from what it holds or marked.
    const loading = load(served, 2);
    await rm(join(home, 'online'), { recursive: true });
    await pause(8_000);
    const answers = await loading.stop();
    expect(statuses(answers)).toEqual({ 200: answers.length });
    expect(slowest(answers)).toBeLessThan(5_000);
    expect(served.child.exitCode).toBeNull();
  });
});

describe('a model', () => {
  it('that is missing, at the start or from now on, is answered for, marked', async () => {
    const home = await sample.copy();
    await rename(join(home, 'models'), join(home, 'away'));
    const served = await started(home);
    expect(await ask(served, 1)).toMatchObject({ status: 200, fallback: true, reason: 'model_missing', version: null });
    await rename(join(home, 'away'), join(home, 'models'));
    await until('the model answers', async () => (await ask(served, 2)).fallback === false);
    await rename(join(home, 'models'), join(home, 'away'));
    const loading = load(served, 2);
    await pause(8_000);
    const answers = await loading.stop();
    expect(statuses(answers)).toEqual({ 200: answers.length });
    expect(answers.every(({ fallback, reason }) => fallback === false || reason === 'model_missing')).toBe(true);
  });
});

describe('a log', () => {
  it('whose stream is away takes nothing for a while: answers come, outcomes are refused, and all of it catches up', async () => {
    const home = await sample.copy();
    const port = await freePort();
    const open = async (): Promise<Running> => {
      const endpoint = run(['stream', 'endpoint', '--port', String(port), '--home', home]);
      running.push(endpoint);
      await untilReady('the endpoint listens', endpoint, 'http://');
      return endpoint;
    };
    const first = await open();
    const served = await started(home);
    const outcome = (id: string) => served.post('/v1/outcomes', { outcomes: [{ unit: 'v1', outcome: 'purchase', outcome_id: id }] });
    expect(await outcome('before')).toMatchObject({ status: 200 });
    const loading = load(served, 2);
    await pause(1_000);
    await first.stop('SIGKILL');
    await pause(3_000);
    const refused = await outcome('during');
    expect(refused.status).toBe(503);
    expect(refused.milliseconds).toBeLessThan(10_000);
    const answers = await loading.stop();
    expect(statuses(answers)).toEqual({ 200: answers.length });
    expect(slowest(answers)).toBeLessThan(5_000);
    const second = await open();
    await until('outcomes are taken again', async () => (await outcome('after')).status === 200);
    await served.stop();
    await second.stop();
    const ids = new Set(await logged(home, 'predictions', 'prediction_id'));
    expect(answers.filter(({ id }) => !ids.has(id!))).toEqual([]);
    expect(new Set(await logged(home, 'outcomes', 'outcome_id'))).toEqual(new Set(['before', 'after']));
  });

  it.skipIf(spawnSync('prlimit', ['--version']).status !== 0)('on a disk that takes no more is answered beside, and catches up when there is room', async () => {
    const home = await sample.copy();
    const served = await started(home);
    const before = await Promise.all([1, 2, 3].map((index) => ask(served, index)));
    await pause(500);
    // No file may grow any more, as far as the soft limit goes: what ENOSPC is to a disk, EFBIG is to a process.
    spawnSync('prlimit', ['--pid', String(served.child.pid), '--fsize=1:']);
    const loading = load(served, 2);
    await pause(4_000);
    const refused = await served.post('/v1/outcomes', { outcomes: [{ unit: 'v1', outcome: 'cart', outcome_id: 'full' }] });
    expect(refused.status).toBe(503);
    expect(refused.milliseconds).toBeLessThan(10_000);
    const answers = await loading.stop();
    expect(statuses(answers)).toEqual({ 200: answers.length });
    expect(slowest(answers)).toBeLessThan(5_000);
    spawnSync('prlimit', ['--pid', String(served.child.pid), '--fsize=unlimited:']);
    await until('outcomes are taken again', async () => (await served.post('/v1/outcomes', { outcomes: [{ unit: 'v1', outcome: 'cart', outcome_id: 'room' }] })).status === 200);
    await served.stop();
    const ids = new Set(await logged(home, 'predictions', 'prediction_id'));
    expect([...before, ...answers].filter(({ id }) => !ids.has(id!))).toEqual([]);
    expect(new Set(await logged(home, 'outcomes', 'outcome_id'))).toEqual(new Set(['room']));
  });
});

it.skipIf(spawnSync('prlimit', ['--version']).status !== 0)('a server that is told to stop on a full disk stops, and says what the log lacks', async () => {
  const home = await sample.copy();
  const served = await started(home);
  spawnSync('prlimit', ['--pid', String(served.child.pid), '--fsize=1:']);
  for (let index = 0; index < 3; index++) expect(await ask(served, index)).toMatchObject({ status: 200 });
  await pause(1_000);
  const began = Date.now();
  await served.stop('SIGINT');
  expect(Date.now() - began).toBeLessThan(30_000);
  expect(served.err()).toMatch(/3 answers could be logged neither to the stream nor to the disk/);
});

describe('a server that is killed', () => {
  it('has lost no outcome that it acknowledged, and of its answers at most those of the last second', async () => {
    const home = await sample.copy();
    const served = await started(home);
    const acknowledged: string[] = [];
    const over = new AbortController();
    const reporting = (async () => {
      for (let index = 0; !over.signal.aborted; index++) {
        const id = `o${index}`;
        const answer = await served.post('/v1/outcomes', { outcomes: [{ unit: 'v1', outcome: 'purchase', outcome_id: id }] }).catch(() => undefined);
        if (answer?.status === 200) acknowledged.push(id);
        await pause(3);
      }
    })();
    const loading = load(served);
    await pause(4_000);
    const killedAt = Date.now();
    await served.stop('SIGKILL');
    over.abort();
    const [answers] = await Promise.all([loading.stop(), reporting]);
    const answered = answers.filter(({ status }) => status === 200);
    const again = await started(home);
    expect(await ask(again, 1)).toMatchObject({ status: 200, fallback: false });
    await again.stop();
    const predictions = await logged(home, 'predictions', 'prediction_id');
    const outcomes = new Set(await logged(home, 'outcomes', 'outcome_id'));
    expect(acknowledged.filter((id) => !outcomes.has(id))).toEqual([]);
    const ids = new Set(predictions);
    expect(answered.filter(({ id, at }) => at < killedAt - 1_000 && !ids.has(id!))).toEqual([]);
    expect(existsSync(join(home, 'run'))).toBe(true);
  });
});

