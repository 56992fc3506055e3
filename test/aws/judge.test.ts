// The function that judges canaries: whom it tells what, what it counts, and what it does where something is away.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { judge, type JudgeContext } from '../../lambdas/judge/index.ts';
import { Lake, FolderCatalog, LocalFiles } from '../../lib/lake/index.ts';
import { DEFAULT_CANARY_LIMITS, ModelRegistry, modelStoreOn, type Canary } from '../../lib/learning/index.ts';
import { SharedCanaries } from '../../lib/serving/aws/index.ts';
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
    lake: new Lake({ files, catalog: new FolderCatalog(files, path.join(folder, 'lake')) }), engine: { query: () => Promise.reject(new Error('no table is there to ask')) } as never, registry, store,
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

  it('fails where nobody could be told, after what was to be done is done', async () => {
    counted.traffic('rain')!.failed(7);
    await counted.flush();
    context = { ...context, tell: () => Promise.reject(new Error('the topic is away')) };
    await expect(look()).rejects.toThrow(/nobody was told that version 2 of rain was rolled back.*the topic is away/);
    expect(await context.registry.aliases('rain')).toEqual({ champion: '1' });
  });
});
