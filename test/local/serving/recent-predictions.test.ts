// Answers are found by their id, whoever wrote them and however many came at once.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, uuidv7 } from '../../../lib/base/index.ts';
import { openLmdbStore, type LmdbStore } from '../../../lib/features/index.ts';
import { recentPredictions } from '../../../lib/local/serving/recent-predictions.ts';

let root: string;
let store: LmdbStore;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'millrace-recent-'));
  store = await openLmdbStore({ folder: root, clock: systemClock });
});
afterEach(async () => {
  await store.close();
  await rm(root, { recursive: true, force: true });
});

const logged = (id: string, more = '') => ({ id, text: JSON.stringify({ prediction_id: id, kind: 'churn', features: more }) });

describe('recent answers', () => {
  it('are found among many of the same moment, in few items', async () => {
    const recent = recentPredictions(store);
    const ids = Array.from({ length: 2_000 }, (_, at) => uuidv7(1_700_000_000_000 + Math.floor(at / 10)));
    await recent.remember(ids.map((id) => logged(id)), 1_700_000_000_000);
    for (const id of ids) expect(await recent.find(id)).toMatchObject({ prediction_id: id });
    expect(await recent.find(uuidv7(1_700_000_000_000))).toBeUndefined();
    expect(store.size()).toBeLessThan(10);
  });

  it('of several writers, and of one that begins anew, lose nothing', async () => {
    const ids = Array.from({ length: 60 }, () => uuidv7(1_700_000_000_000));
    const [one, other] = [recentPredictions(store), recentPredictions(store)];
    for (let at = 0; at < 60; at += 4) {
      await Promise.all([one.remember(ids.slice(at, at + 2).map((id) => logged(id)), 0), other.remember(ids.slice(at + 2, at + 4).map((id) => logged(id)), 0)]);
    }
    const again = recentPredictions(store);
    for (const id of ids) expect(await again.find(id)).toMatchObject({ prediction_id: id });
  });

  it('fit the store, however large they are', async () => {
    const recent = recentPredictions(store);
    const ids = Array.from({ length: 30 }, () => uuidv7(1_700_000_000_000));
    await recent.remember(ids.map((id) => logged(id, 'x'.repeat(50_000))), 0);
    for (const id of ids) expect(await recent.find(id)).toMatchObject({ prediction_id: id });
    expect(store.size()).toBeGreaterThan(5);
  });

  it('with an id that tells no time are found too', async () => {
    const recent = recentPredictions(store);
    await recent.remember([logged('mine'), logged('"\n')], 0);
    expect(await recent.find('mine')).toMatchObject({ kind: 'churn' });
    expect(await recent.find('"\n')).toMatchObject({ kind: 'churn' });
    expect(await recent.find('min')).toBeUndefined();
  });
});
