// Answers are found by their id, whoever wrote them and however many came at once.
import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { uuidv7 } from '../../../lib/base/index.ts';
import { AnswerFiles } from '../../../lib/local/serving/answer-files.ts';
import { recentPredictions, type RecentPredictions } from '../../../lib/local/serving/recent-predictions.ts';
import { idAt, lineBeginning, WaitingLines, type Lines } from '../../../lib/local/serving/waiting-lines.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'millrace-recent-'));
});
/** By whoever writes answers of the home. */
function open(): RecentPredictions {
  opened.push(recentPredictions(root));
  return opened.at(-1)!;
}
const opened: RecentPredictions[] = [];
afterEach(async () => {
  for (const recent of opened.splice(0)) await recent.close();
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
  it('are found among many of the same moment, whatever file has them', async () => {
    const recent = open();
    const ids = Array.from({ length: 2_000 }, (_, at) => uuidv7(1_700_000_000_000 + Math.floor(at / 10)));
    await recent.remember(...logged(ids), 1_700_000_000_000);
    for (const id of ids.filter((_, at) => at % 40 === 0)) expect(await recent.find(id)).toMatchObject({ prediction_id: id });
    expect(await recent.find(uuidv7(1_700_000_000_000))).toBeUndefined();
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
    expect(await recent.find(early)).toMatchObject({ prediction_id: early });
    await recent.sweep(1_700_000_000_000 + 30 * DAY_MS + 2 * HOUR_MS);
    expect(await recent.find(early)).toBeUndefined();
    expect(await recent.find(late)).toMatchObject({ prediction_id: late });
  });

  it('whose lines were lost with the machine are not found, and others are', async () => {
    const [lost, kept] = [uuidv7(1_700_000_000_000), uuidv7(1_700_000_000_000)];
    const before = open();
    await before.remember(...logged([lost]), 0);
    await before.close();
    const file = (await readdir(path.join(root, 'answers'))).find((name) => name.endsWith('.jsonl'))!;
    await truncate(path.join(root, 'answers', file), 10);
    const recent = open();
    await recent.remember(...logged([kept]), 0);
    expect(await recent.find(lost)).toBeUndefined();
    expect(await recent.find(kept)).toMatchObject({ prediction_id: kept });
  });

  it('that are to be sent again are not remembered, and those beside them are', async () => {
    const recent = open();
    const ids = Array.from({ length: 5 }, (_, at) => uuidv7(1_700_000_000_000 + at));
    const [lines, all] = logged(ids);
    await recent.remember(lines, all.map((id, at) => (at % 2 === 0 ? undefined : id)), 0);
    expect(await Promise.all(ids.map(async (id) => await recent.find(id) !== undefined))).toEqual([false, true, false, true, false]);
  });

  it('with an id that tells no time are found too', async () => {
    const recent = open();
    await recent.remember(...logged(['mine', '"\n']), 0);
    expect(await recent.find('mine')).toMatchObject({ kind: 'churn' });
    expect(await recent.find('"\n')).toMatchObject({ kind: 'churn' });
    expect(await recent.find('min')).toBeUndefined();
  });
});

describe('files of answers', () => {
  const words = fc.string({ minLength: 1, maxLength: 6 });
  const batches = fc.array(fc.array(words, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 30 });

  it('find every line among others, indexed or not yet, in whatever order the ids come', async () => {
    let run = 0;
    await fc.assert(fc.asyncProperty(batches, fc.integer({ min: 1, max: 400 }), fc.option(fc.integer({ min: 0, max: 100 })), fc.boolean(), async (all, partBytes, tornAt, ends) => {
      const folder = path.join(root, String(run++));
      const files = new AnswerFiles(folder, partBytes);
      for (const ids of all) {
        const bytes = Buffer.from(ids.map((id) => `${lineBeginning(id)}"of":${JSON.stringify(id)}}\n`).join(''));
        await files.append(bytes, { least: ids.toSorted(byUnits)[0]!, most: ids.toSorted(byUnits).at(-1)! }, 0);
      }
      if (ends) await files.close();
      // As a machine that goes down leaves it: the lines are there, of the index only the beginning.
      if (tornAt !== null) await truncate(path.join(folder, (await readdir(folder)).find((name) => name.endsWith('.index'))!), tornAt);
      for (const id of all.flat()) expect(JSON.parse(await new AnswerFiles(folder, partBytes).find(id, lineBeginning(id)) ?? '{}')).toMatchObject({ of: id });
      expect(await files.find('none of them', lineBeginning('none of them'))).toBeUndefined();
      await files.close();
    }), { numRuns: 60 });
  });

  it('do not take the beginning of a line for it', async () => {
    const files = new AnswerFiles(root, 8);
    await files.append(Buffer.from(`${lineBeginning('b')}"of":1}\n${lineBeginning('a')}"of":`), { least: 'a', most: 'b' }, 0);
    expect(await files.find('a', lineBeginning('a'))).toBeUndefined();
    expect(await files.find('b', lineBeginning('b'))).toBeDefined();
    await files.close();
  });
});

/** As `<` compares them. */
function byUnits(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
