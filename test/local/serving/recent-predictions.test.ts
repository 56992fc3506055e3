// Answers are found by their id, whoever wrote them and however many came at once.
import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, uuidv7 } from '../../../lib/base/index.ts';
import { openLmdbStore, type LmdbStore } from '../../../lib/features/index.ts';
import { recentPredictions, type RecentPredictions } from '../../../lib/local/serving/recent-predictions.ts';
import { idAt, WaitingLines, type Lines } from '../../../lib/local/serving/waiting-lines.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let root: string;
let store: LmdbStore;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'millrace-recent-'));
  store = await openLmdbStore({ folder: root, clock: systemClock });
});
/** By whoever writes answers of the home. */
function open(): RecentPredictions {
  opened.push(recentPredictions(store, root));
  return opened.at(-1)!;
}
const opened: RecentPredictions[] = [];
afterEach(async () => {
  for (const recent of opened.splice(0)) await recent.close();
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
    const recent = open();
    const ids = Array.from({ length: 2_000 }, (_, at) => uuidv7(1_700_000_000_000 + Math.floor(at / 10)));
    await recent.remember(...logged(ids), 1_700_000_000_000);
    for (const id of ids) expect(await recent.find(id)).toMatchObject({ prediction_id: id });
    expect(await recent.find(uuidv7(1_700_000_000_000))).toBeUndefined();
    expect(store.size()).toBeLessThan(10);
  });

  it('of several writers, and of one that begins anew, lose nothing', async () => {
    const ids = Array.from({ length: 60 }, () => uuidv7(1_700_000_000_000));
    const [one, other] = [open(), open()];
    for (let at = 0; at < 60; at += 4) {
      await Promise.all([one.remember(...logged(ids.slice(at, at + 2)), 0), other.remember(...logged(ids.slice(at + 2, at + 4)), 0)]);
    }
    const again = open();
    for (const id of ids) expect(await again.find(id)).toMatchObject({ prediction_id: id });
  });

  it('are found, however large they are', async () => {
    const recent = open();
    const ids = Array.from({ length: 30 }, () => uuidv7(1_700_000_000_000));
    for (let at = 0; at < 30; at += 10) await recent.remember(...logged(ids.slice(at, at + 10), 'x'.repeat(50_000)), 0);
    for (const id of ids) expect(await recent.find(id)).toMatchObject({ prediction_id: id });
  });

  it('go with the last day of their file, and with it alone', async () => {
    const recent = open();
    const [early, late] = [uuidv7(1_700_000_000_000), uuidv7(1_700_000_000_000 + DAY_MS)];
    await recent.remember(...logged([early]), 1_700_000_000_000);
    await recent.remember(...logged([late]), 1_700_000_000_000 + DAY_MS);
    await recent.sweep(1_700_000_000_000 + 30 * DAY_MS + HOUR_MS);
    expect(await readdir(path.join(root, 'answers'))).toHaveLength(2);
    await recent.sweep(1_700_000_000_000 + 30 * DAY_MS + 2 * HOUR_MS);
    expect(await recent.find(early)).toBeUndefined();
    expect(await recent.find(late)).toMatchObject({ prediction_id: late });
  });

  it('whose lines were lost with the machine are not found, and those after them are', async () => {
    const recent = open();
    const [lost, kept] = [uuidv7(1_700_000_000_000), uuidv7(1_700_000_000_000)];
    await recent.remember(...logged([lost]), 0);
    const [file] = await readdir(path.join(root, 'answers'));
    await truncate(path.join(root, 'answers', file!), 10);
    await recent.remember(...logged([kept]), 0);
    expect(await recent.find(lost)).toBeUndefined();
    expect(await recent.find(kept)).toMatchObject({ prediction_id: kept });
  });

  it('with an id that tells no time are found too', async () => {
    const recent = open();
    await recent.remember(...logged(['mine', '"\n']), 0);
    expect(await recent.find('mine')).toMatchObject({ kind: 'churn' });
    expect(await recent.find('"\n')).toMatchObject({ kind: 'churn' });
    expect(await recent.find('min')).toBeUndefined();
  });
});
