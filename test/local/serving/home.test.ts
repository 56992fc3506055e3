// Serving from a home: keys, experiments, and a log that loses nothing while its stream is away.
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../lib/base/index.ts';
import { experiment } from '../../../lib/experiments/index.ts';
import { openLmdbStore, type LmdbStore } from '../../../lib/features/index.ts';
import { ExperimentFolder, openKeyFile, openPredictionLog, type KeptExperiment } from '../../../lib/local/serving/index.ts';
import { recentPredictions, type RecentPredictions } from '../../../lib/local/serving/recent-predictions.ts';
import { SpillFile } from '../../../lib/local/serving/spill-file.ts';
import type { PutOutcome, RecordInput } from '../../../lib/local/kinesis/index.ts';
import { hashOf, type PredictionRecord } from '../../../lib/serving/index.ts';

let root: string;
let store: LmdbStore;
let recent: RecentPredictions;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'millrace-serving-'));
  store = await openLmdbStore({ folder: path.join(root, 'api'), clock: systemClock });
  recent = recentPredictions(path.join(root, 'api'));
});
afterEach(async () => {
  await recent.close();
  await store.close();
  await rm(root, { recursive: true, force: true });
});

const record = (id: number): PredictionRecord => ({
  prediction_id: `p${id}`, request_id: 'r', predicted_at: 1, kind: 'churn', version: 'v1', experiment: null, variant: null, unit: null, entity: '{}', features: '{}', response: '{}', score: 0.5,
  fallback: false, key_id: 'k', latency_ms: 1,
});

/** A stream that can be switched off. */
function stream() {
  const kept: string[] = [];
  const state = { up: true };
  return {
    kept, state,
    put: async (_name: string, records: readonly RecordInput[]) => {
      if (!state.up) throw new Error('the stream is away');
      kept.push(...records.map(({ data }) => (JSON.parse(Buffer.from(data as Uint8Array).toString()) as PredictionRecord).prediction_id));
      return records.map(() => ({ ok: true as const, sequence: '1', shardId: 's' }));
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tried = 0; tried < 500 && !condition(); tried++) await systemClock.sleep(10);
  expect(condition()).toBe(true);
}

describe('the log of predictions', () => {
  it('writes what was answered, and finds it again', async () => {
    const { kept, put } = stream();
    const log = await openPredictionLog({ put, recent, clock: systemClock, folder: root });
    log.predicted([record(1), record(2)]);
    expect(await log.find('p1')).toMatchObject({ prediction_id: 'p1' });
    await until(() => kept.length === 2 && log.waiting === 0);
    expect(await log.find('p2')).toMatchObject({ kind: 'churn' });
    expect(await log.find('p3')).toBeUndefined();
    await log.close();
  });

  it('is written some times a second, however many answers come while it is being written', async () => {
    const { kept, put } = stream();
    const times: number[] = [];
    const log = await openPredictionLog({
      recent, clock: systemClock, folder: root,
      put: async (name, records) => {
        times.push(performance.now());
        if (times.length < 5) log.predicted([record(times.length)]);
        return put(name, records);
      },
    });
    log.predicted([record(0)]);
    await until(() => kept.length === 5 && log.waiting === 0);
    expect(times).toHaveLength(5);
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(350); // four pauses of 100 ms, as timers take them
    await log.close();
  });

  it('keeps on the disk what neither the stream nor memory takes, and catches up', async () => {
    const { kept, put, state } = stream();
    state.up = false;
    const log = await openPredictionLog({ put, recent, clock: systemClock, folder: root, mostWaiting: 10 });
    for (let id = 0; id < 100; id++) log.predicted([record(id)]);
    await until(() => log.failure !== undefined);
    await log.close();
    expect((await stat(path.join(root, 'predictions-waiting.jsonl'))).size).toBeGreaterThan(0);

    state.up = true;
    const again = await openPredictionLog({ put, recent, clock: systemClock, folder: root });
    await until(() => new Set(kept).size === 100 && again.waiting === 0);
    expect(again.failure).toBeUndefined();
    await again.close();
  });

  it('loses nothing that is answered while it catches up', async () => {
    const { kept, put, state } = stream();
    state.up = false;
    const log = await openPredictionLog({ put, recent, clock: systemClock, folder: root, mostWaiting: 10 });
    for (let id = 0; id < 100; id++) log.predicted([record(id)]);
    await until(() => log.failure !== undefined);
    await log.close();

    state.up = true;
    const again = await openPredictionLog({ put, recent, clock: systemClock, folder: root });
    for (let id = 100; id < 400; id++) {
      again.predicted([record(id)]);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    await until(() => new Set(kept).size === 400 && again.waiting === 0);
    await again.close();
  });

  it('keeps in memory what the disk does not take either, and loses none of it', async () => {
    const { kept, put, state } = stream();
    state.up = false;
    const folder = path.join(root, 'run');
    const log = await openPredictionLog({ put, recent, clock: systemClock, folder, mostWaiting: 10 });
    // Without its folder nothing can be appended, as on a full disk.
    await rm(folder, { recursive: true });
    for (let id = 0; id < 100; id++) log.predicted([record(id)]);
    await until(() => /ENOENT/.test(log.failure ?? ''));
    await until(() => log.waiting === 100);
    await mkdir(folder);
    state.up = true;
    await until(() => new Set(kept).size === 100 && log.waiting === 0);
    await log.close();
  });

  it('says when nothing takes any more, counts what it cannot keep, and goes on once there is room', async () => {
    const { kept, put, state } = stream();
    state.up = false;
    const folder = path.join(root, 'run');
    const log = await openPredictionLog({ put, recent, clock: systemClock, folder, mostWaiting: 10, mostOverflowing: 20 });
    await rm(folder, { recursive: true });
    for (let id = 0; id < 30; id++) {
      expect(log.isFull).toBe(false);
      log.predicted([record(id)]);
    }
    expect(log.isFull).toBe(true);
    log.predicted([record(30), record(31)]);
    await until(() => /ENOENT/.test(log.failure ?? ''));
    expect([log.waiting, log.lost]).toEqual([30, 2]);
    await mkdir(folder);
    state.up = true;
    await until(() => new Set(kept).size === 30 && log.waiting === 0);
    expect([log.isFull, log.lost]).toEqual([false, 2]);
    log.predicted([record(32)]);
    await until(() => kept.includes('p32'));
    await log.close();
  });

  it('keeps what is refused of many at once, and only that', async () => {
    const { kept, put } = stream();
    let calls = 0;
    const log = await openPredictionLog({
      recent, clock: systemClock, folder: root,
      put: async (name, records) => {
        const call = ++calls;
        if (call === 2) throw new Error('the stream is away');
        const isTaken = (at: number): boolean => call > 3 || at % 10 > 0;
        const outcomes = await put(name, records.filter((_, at) => isTaken(at)));
        return records.map((_, at): PutOutcome => (isTaken(at) ? outcomes[0]! : { ok: false, errorCode: 'ProvisionedThroughputExceededException', message: 'later' }));
      },
    });
    log.predicted(Array.from({ length: 1_800 }, (_, id) => record(id)));
    await until(() => log.waiting === 0);
    expect([kept.length, new Set(kept).size, log.lost]).toEqual([1_800, 1_800, 0]);
    for (const id of ['p0', 'p501', 'p1799']) expect(await log.find(id)).toMatchObject({ prediction_id: id });
    await log.close();
  });

  it('is not held up by a store that does not take what the stream took', async () => {
    const { kept, put } = stream();
    const log = await openPredictionLog({ put, recent: { ...recent, remember: async () => { throw new Error('the disk is full'); } }, clock: systemClock, folder: root });
    log.predicted([record(1), record(2)]);
    await until(() => log.waiting === 0 && log.failure === 'the disk is full');
    expect(kept).toEqual(['p1', 'p2']);
    await log.close();
  });

  it('reads on behind a line that a killed process had not written to its end, in parts', async () => {
    const { kept, put } = stream();
    const lines = Array.from({ length: 1_200 }, (_, id) => JSON.stringify(record(id)));
    await writeFile(path.join(root, 'predictions-waiting.jsonl'), `${lines.slice(0, 600).join('\n')}\n${lines[600]!.slice(0, 30)}`);
    const spill = await SpillFile.open(path.join(root, 'predictions-waiting.jsonl'));
    await spill.append(lines.slice(600));
    const log = await openPredictionLog({ put, recent, clock: systemClock, folder: root });
    await until(() => new Set(kept).size === 1_200 && log.waiting === 0);
    expect(kept).toHaveLength(1_200);
    await log.close();
    expect(await readdir(root)).not.toContain('predictions-waiting.jsonl.taken');
  });

  it('refuses an outcome that it cannot keep', async () => {
    const { put, state } = stream();
    state.up = false;
    const log = await openPredictionLog({ put, recent, clock: systemClock, folder: root });
    await expect(log.happened([{ outcome_id: 'o', prediction_id: null, unit: 'u', outcome: 'cart', value: null, occurred_at: 1, key_id: 'k' }])).rejects.toThrow(/could not be kept/);
    await log.close();
  });
});

describe('API keys of a home', () => {
  it('are kept as hashes, and let nobody in once revoked', async () => {
    let now = 0;
    const keys = openKeyFile({ keys: path.join(root, 'keys') }, () => now);
    const key = await keys.create('web', { scopes: ['price'] });
    expect(await readFile(path.join(root, 'keys', 'api-keys.json'), 'utf8')).not.toContain(key);
    expect(await keys.byHash(hashOf(key))).toMatchObject({ id: 'web' });
    await expect(keys.create('web', { scopes: ['price'] })).rejects.toThrow(/already/);
    await keys.revoke('web');
    now += 2_000;
    expect(await keys.byHash(hashOf(key))).toBeUndefined();
    await expect(keys.revoke('web')).rejects.toThrow(/no API key 'web'/);
  });

  it('are all kept, and gone when they are revoked, however many are changed at once', async () => {
    const [one, other] = [0, 1].map(() => openKeyFile({ keys: path.join(root, 'keys') }, () => 0)) as [ReturnType<typeof openKeyFile>, ReturnType<typeof openKeyFile>];
    await one.create('old', { scopes: ['price'] });
    await Promise.all([other.revoke('old'), ...Array.from({ length: 12 }, (_, at) => (at % 2 === 0 ? one : other).create(`k${at}`, { scopes: ['price'] }))]);
    expect((await one.list()).map(({ id }) => id).toSorted()).toEqual(Array.from({ length: 12 }, (_, at) => `k${at}`).toSorted());
    expect((await readdir(path.join(root, 'keys'))).filter((name) => name !== 'api-keys.json')).toEqual([]);
  });

  it('may be made for one process alone', async () => {
    const keys = openKeyFile({ keys: path.join(root, 'keys') }, () => 0);
    const key = keys.addForNow('start', { scopes: ['price'] });
    expect(keys.byHash(hashOf(key))).toMatchObject({ id: 'start' });
    expect(await keys.list()).toEqual([]);
  });
});

describe('experiments of a home', () => {
  const kept = (name: string, change: { layer?: string; slots?: [number, number] } = {}): KeptExperiment => ({
    ...experiment(name, { hypothesis: 'h', variants: { control: {}, treated: {} }, primary: { name: 'm', kind: 'proportion', outcome: 'purchase' }, ...change }),
    subject: 'price', state: 'draft', createdAt: 0, plannedUnits: 100,
  });

  it('run once, from start to stop', async () => {
    const folder = new ExperimentFolder({ root });
    await folder.create(kept('one'));
    await expect(folder.create(kept('one'))).rejects.toThrow(/already/);
    expect(await folder.start('one', 5)).toMatchObject({ state: 'running', startedAt: 5 });
    await expect(folder.start('one', 6)).rejects.toThrow(/is running/);
    expect(await folder.stop('one', 7)).toMatchObject({ state: 'stopped', stoppedAt: 7 });
    await expect(folder.start('one', 8)).rejects.toThrow(/is stopped/);
    await expect(folder.load('two')).rejects.toThrow(/There are one|no experiment 'two'/);
  });

  it('do not start where another has their slots', async () => {
    const folder = new ExperimentFolder({ root });
    await folder.create(kept('left', { layer: 'prices', slots: [0, 0.6] }));
    await folder.create(kept('right', { layer: 'prices', slots: [0.5, 1] }));
    await folder.start('left', 1);
    await expect(folder.start('right', 2)).rejects.toThrow(/share slots/);
  });
});
