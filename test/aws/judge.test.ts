// The function that judges canaries: whom it tells what, what it counts, and what it does where something is away.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { judge, type JudgeContext } from '../../lambdas/judge/index.ts';
import { Lake, FolderCatalog, LocalFiles } from '../../lib/lake/index.ts';
import { DEFAULT_CANARY_LIMITS, ModelRegistry, modelStoreOn, type Canary } from '../../lib/learning/index.ts';
import { SharedCanaries } from '../../lib/serving/aws/index.ts';
import { startSmallMlflow } from '../learning/support/small-mlflow.ts';
import { CARD, STUMP } from '../learning/registry/stump.ts';
import { memoryStore } from '../serving/support.ts';

const canary: Canary = { version: '2', share: 0.5, automatic: true, leastAnswers: 10, leastSeconds: 0, outcomeSeconds: 60, limits: DEFAULT_CANARY_LIMITS, startedAt: 1_000 };

let folder: string;
let context: JudgeContext;
let told: string[];
let lines: Record<string, unknown>[];
let counted: SharedCanaries;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'millrace-judge-'));
  [told, lines] = [[], []];
  const files = new LocalFiles();
  const registry = new ModelRegistry(modelStoreOn(files, path.join(folder, 'registry')));
  for (let version = 0; version < 2; version++) await registry.register(CARD, STUMP);
  await registry.setAlias('rain', 'champion', '1', 0);
  await registry.startCanary('rain', canary);
  const store = memoryStore();
  counted = new SharedCanaries({ canaryOf: () => canary, store, clock: { now: () => 2_000 }, id: 'f' });
  context = {
    lake: new Lake({ files, catalog: new FolderCatalog(files, path.join(folder, 'lake')) }), engine: { query: () => Promise.reject(new Error('no table is there to ask')) }, registry, store,
    clock: { now: () => 90_000, sleep: async () => {} }, tell: async (subject, message) => void told.push(`${subject}: ${message}`), print: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const look = () => judge(context, 'millrace-dev', ['rain', 'snow']);

describe('the judge of canaries', () => {
  it('says nothing while one goes on, and counts it', async () => {
    counted.traffic('rain')!.answered('challenger', 9, 1, 3);
    await counted.flush();
    expect(await look()).toEqual({ canaries: [{ predictor: 'rain', version: '2', verdict: 'wait', reasons: [] }] });
    expect([told, lines]).toEqual([[], [expect.objectContaining({
      Stage: 'millrace-dev', CanariesRunning: 1, CanariesRolledBack: 0, CanariesCompleted: 0, canaries: [expect.objectContaining({ counts: expect.objectContaining({ challenger: { answers: 9, errors: 0, fallbacks: 1, requests: 1, milliseconds: 3 } }) as unknown })],
    })]]);
  });

  it('tells people that one went well', async () => {
    counted.traffic('rain')!.answered('challenger', 10, 0, 3);
    await counted.flush();
    await look();
    expect([told, await context.registry.aliases('rain')]).toEqual([['millrace-dev: canary of rain: version 2 of rain answers everybody from now on: its canary went well'], { champion: '2' }]);
    expect(lines).toMatchObject([{ CanariesRunning: 0, CanariesCompleted: 1 }]);
    expect(await look()).toEqual({ canaries: [] });
    expect(told).toHaveLength(1);
  });

  it('tells people why one was rolled back', async () => {
    counted.traffic('rain')!.failed(7);
    await counted.flush();
    await look();
    expect(told).toEqual([expect.stringMatching(/version 2 of rain was rolled back: share of errors is 1, more than 0.01/) as string]);
    expect(lines).toMatchObject([{ CanariesRolledBack: 1 }]);
  });

  it('sends one back whose model is damaged, and none because the bucket is away', async () => {
    writeFileSync(path.join(folder, 'registry/rain/2/model.json'), '{"kind":"trees","mod');
    const away = new ModelRegistry({ ...modelStoreOn(new LocalFiles(), path.join(folder, 'registry')), read: () => Promise.reject(new Error('the bucket is away')) });
    const { registry } = context;
    context = { ...context, registry: away };
    await expect(look()).rejects.toThrow(/rain: the bucket is away/);
    context = { ...context, registry };
    await look();
    expect(told).toEqual([expect.stringContaining('the model cannot be loaded') as string]);
  });

  it('fails where nobody could be told, after what was to be done is done, and tells at the next look', async () => {
    counted.traffic('rain')!.failed(7);
    await counted.flush();
    const { tell } = context;
    context = { ...context, tell: () => Promise.reject(new Error('the topic is away')) };
    await expect(look()).rejects.toThrow(/nobody was told yet that version 2 of rain was rolled back.*the topic is away/);
    expect(await context.registry.aliases('rain')).toEqual({ champion: '1' });
    await expect(look()).rejects.toThrow(/nobody was told yet that version 2 of rain was rolled back/);
    context = { ...context, tell };
    expect(await look()).toEqual({ canaries: [] });
    expect(told).toEqual([expect.stringMatching(/^millrace-dev: canary of rain: version 2 of rain was rolled back: share of errors is 1/) as string]);
    await look();
    expect(told).toHaveLength(1);
  });

  it('tells of each of two that ended while the topic was away, in their order', async () => {
    const { tell, registry } = context;
    context = { ...context, tell: () => Promise.reject(new Error('the topic is away')) };
    for (const startedAt of [1_000, 2_000]) {
      if (startedAt > 1_000) await registry.startCanary('rain', { ...canary, startedAt });
      const traffic = new SharedCanaries({ canaryOf: () => ({ ...canary, startedAt }), store: context.store, clock: { now: () => 3_000 }, id: 'f' });
      traffic.traffic('rain')!.failed(startedAt === 1_000 ? 7 : 8);
      await traffic.flush();
      await expect(look()).rejects.toThrow(/nobody was told yet/);
    }
    context = { ...context, tell };
    await look();
    expect(told).toHaveLength(2);
  });

  it('tells where the table does not take or give what is to be told, and ends the canary all the same', async () => {
    counted.traffic('rain')!.failed(7);
    await counted.flush();
    const { store } = context;
    context = { ...context, store: { ...store, get: (keys) => (keys.some((key) => key.endsWith('/notices')) ? Promise.reject(new Error('the table is away')) : store.get(keys)) } };
    await expect(look()).rejects.toThrow(/the table is away/);
    expect([told.length, await context.registry.aliases('rain')]).toEqual([1, { champion: '1' }]);
  });

  it('tells nothing of a canary that it noted and then could not end, while that goes on', async () => {
    counted.traffic('rain')!.failed(7);
    await counted.flush();
    const { registry } = context;
    const files = modelStoreOn(new LocalFiles(), path.join(folder, 'registry'));
    const stopped = new ModelRegistry({ ...files, create: () => Promise.reject(new Error('stopped')) });
    context = { ...context, registry: stopped };
    await expect(look()).rejects.toThrow(/rain: stopped/);
    expect([told, (await registry.state('rain')).canary?.version]).toEqual([[], '2']);
    context = { ...context, registry };
    await look();
    expect(told).toHaveLength(1);
  });

  it('tells MLflow who answers once a canary has ended, and fails nothing where that is away', async () => {
    const mlflow = await startSmallMlflow();
    try {
      context = { ...context, mlflow: async () => ({ MLFLOW_TRACKING_URI: mlflow.uri }) };
      counted.traffic('rain')!.answered('challenger', 10, 0, 3);
      await counted.flush();
      await look();
      expect([Object.fromEntries(mlflow.aliases), mlflow.versions.get('rain')!.length]).toEqual([{ 'rain@champion': '2' }, 2]);
      await context.registry.startCanary('rain', { ...canary, version: '1', startedAt: 5_000 });
      const back = new SharedCanaries({ canaryOf: () => ({ ...canary, startedAt: 5_000 }), store: context.store, clock: { now: () => 6_000 }, id: 'f' });
      back.traffic('rain')!.failed(7);
      await back.flush();
      mlflow.away = 503;
      await look();
      expect(lines.at(-1)).toEqual({ level: 'WARN', message: expect.stringContaining('MLflow was not told of rain: MLflow does not answer') as string });
      expect(told).toHaveLength(2);
    } finally {
      await mlflow.stop();
    }
  });
});
