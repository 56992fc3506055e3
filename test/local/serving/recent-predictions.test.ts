// Answers are found by their id, whoever wrote them and however many came at once.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, uuidv7 } from '../../../lib/base/index.ts';
import { openLmdbStore, type LmdbStore } from '../../../lib/features/index.ts';
import { recentPredictions } from '../../../lib/local/serving/recent-predictions.ts';
import { idAt, WaitingLines, type Lines } from '../../../lib/local/serving/waiting-lines.ts';

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

/** As the log gives them: lines, and the id of each. */
function logged(ids: readonly string[], more = ''): [Lines, string[]] {
  const waiting = new WaitingLines();
  for (const id of ids) waiting.add(JSON.stringify({ prediction_id: id, kind: 'churn', features: more }));
  const lines = waiting.oldest(ids.length)!;
  return [lines, lines.starts.slice(1).map((_, at) => idAt(lines, at))];
}

describe('recent answers', () => {
  it('are found among many of the same moment, in few items', async () => {
    const recent = recentPredictions(store);
    const ids = Array.from({ length: 2_000 }, (_, at) => uuidv7(1_700_000_000_000 + Math.floor(at / 10)));
    await recent.remember(...logged(ids), 1_700_000_000_000);
    for (const id of ids) expect(await recent.find(id)).toMatchObject({ prediction_id: id });
    expect(await recent.find(uuidv7(1_700_000_000_000))).toBeUndefined();
    expect(store.size()).toBeLessThan(10);
  });

  it('of several writers, and of one that begins anew, lose nothing', async () => {
    const ids = Array.from({ length: 60 }, () => uuidv7(1_700_000_000_000));
    const [one, other] = [recentPredictions(store), recentPredictions(store)];
    for (let at = 0; at < 60; at += 4) {
      await Promise.all([one.remember(...logged(ids.slice(at, at + 2)), 0), other.remember(...logged(ids.slice(at + 2, at + 4)), 0)]);
    }
    const again = recentPredictions(store);
    for (const id of ids) expect(await again.find(id)).toMatchObject({ prediction_id: id });
  });

  it('fit the store, however large they are', async () => {
    const recent = recentPredictions(store);
    const ids = Array.from({ length: 30 }, () => uuidv7(1_700_000_000_000));
    for (let at = 0; at < 30; at += 10) await recent.remember(...logged(ids.slice(at, at + 10), 'x'.repeat(50_000)), 0);
    for (const id of ids) expect(await recent.find(id)).toMatchObject({ prediction_id: id });
    expect(store.size()).toBeGreaterThan(5);
  });

  it('with an id that tells no time are found too', async () => {
    const recent = recentPredictions(store);
    await recent.remember(...logged(['mine', '"\n']), 0);
    expect(await recent.find('mine')).toMatchObject({ kind: 'churn' });
    expect(await recent.find('"\n')).toMatchObject({ kind: 'churn' });
    expect(await recent.find('min')).toBeUndefined();
  });
});
