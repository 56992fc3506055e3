// Models and predictions recorded from XGBoost 3.2.0 (and one from 1.7.6) by test/verify/support/learning/models.py: served with equal bits, explained within 1e-4.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compileTrees, explainer, readXgboost, scoreMargins, scoreRows, writeXgboostJson } from '../../../lib/learning/index.ts';

const FOLDER = join(import.meta.dirname, 'fixtures');
const { cases } = JSON.parse(readFileSync(join(FOLDER, 'cases.json'), 'utf8')) as { cases: string[] };

function floats(name: string): Float32Array {
  return new Float32Array(Uint8Array.from(readFileSync(join(FOLDER, `${name}.f32`))).buffer);
}

describe.each(cases)('the recorded model %s', (name) => {
  const model = readXgboost(readFileSync(join(FOLDER, `${name}.json`)));
  const rows = floats(`${name}.rows`);
  const margins = floats(`${name}.margins`);

  test('gives the same margins, bit by bit', () => {
    expect(scoreMargins(compileTrees(model), rows)).toEqual(margins);
  });

  test('gives the same answers, bit by bit', () => {
    expect(scoreRows(compileTrees(model), rows)).toEqual(floats(`${name}.answers`));
  });

  test('is the same model when read from UBJSON', () => {
    expect(readXgboost(readFileSync(join(FOLDER, `${name}.ubj`)))).toEqual(model);
  });

  test('is explained as XGBoost explains it', () => {
    const recorded = floats(`${name}.contributions`);
    const width = model.featureNames.length;
    const { contributions } = explainer(model);
    for (let row = 0; row < margins.length; row += 1) {
      contributions(rows.slice(row * width, (row + 1) * width)).forEach((part, feature) => expect(Math.abs(part - recorded[row * (width + 1) + feature]!)).toBeLessThan(1e-4));
    }
  });

  test('predicts the same after our own writing and reading', () => {
    const again = readXgboost(writeXgboostJson(model));
    expect(again).toEqual(model);
    expect(scoreMargins(compileTrees(again), rows)).toEqual(margins);
  });
});

test('of a model that stopped early, only the trees up to the best round are kept on demand', () => {
  const file = readFileSync(join(FOLDER, 'early.json'));
  const best = Number(readXgboost(file).attributes['best_iteration']);
  expect(readXgboost(file, { onlyBest: true }).trees).toHaveLength(best + 1);
  expect(readXgboost(file).trees.length).toBeGreaterThan(best + 1);
});

test('nodes that pruning left in the file are not written again: XGBoost would not load them without their mark', () => {
  const file = readFileSync(join(FOLDER, 'pruned.json'), 'utf8');
  expect(file).toMatch(/"num_deleted":"[1-9]/);
  const written = writeXgboostJson(readXgboost(file));
  expect(written).not.toMatch(/"num_deleted":"[1-9]/);
  // The feature of a deleted node, and a parent that no node but the root may lack.
  for (const [, parents] of written.matchAll(/"parents":\[([^\]]*)\]/g)) expect(parents).toMatch(/^2147483647(,\d{1,9})*$/);
  expect(written).not.toContain('"split_indices":[2147483647');
  expect(written).not.toContain(',2147483647');
});

test('the best round of a forest is told in trees: what was read is written in rounds of one tree each', () => {
  const file = readFileSync(join(FOLDER, 'forest.json'), 'utf8').replace('"attributes":{}', '"attributes":{"best_iteration":"1"}');
  const best = readXgboost(file, { onlyBest: true });
  expect(best.trees).toHaveLength(8);
  for (const model of [best, readXgboost(file)]) {
    const again = readXgboost(writeXgboostJson(model), { onlyBest: true });
    expect(again.trees).toEqual(best.trees);
    expect(again.attributes).toEqual(model.attributes);
  }
});

test.each(readdirSync(FOLDER).filter((name) => name.startsWith('refused-')))('%s is refused by name', (name) => {
  expect(() => readXgboost(readFileSync(join(FOLDER, name)))).toThrow(/(3 classes|gblinear|several targets|several quantiles|survival:cox).* cannot be served/);
});
