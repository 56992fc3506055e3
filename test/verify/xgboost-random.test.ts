// Random models of XGBoost's, of this version and of an older one: each is served with equal bits, from both formats, or refused by name; what was read is written so that XGBoost predicts the same.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MillraceError } from '../../lib/base/index.ts';
import { compileTrees, explainer, readXgboost, scoreMargin, scoreMargins, scoreRows, writeXgboostJson, type TreeModel } from '../../lib/learning/index.ts';
import { olderXgboostPython, xgboostPython } from './support/engines.ts';

const SCRIPTS = join(import.meta.dirname, 'support/learning');
const MODELS = 80;
const ROWS = 200;

interface Case { seed: number; width: number; names: string[] | null; stopped: boolean; contributions: boolean; what: string }

describe.each([['3.2.0', xgboostPython, 0], ['2.1.4', olderXgboostPython, 5_000]] as const)('XGBoost %s', (version, python, seed) => {
  let folder: string;
  let cases: Case[];
  const models = new Map<number, TreeModel>();
  const refusals = new Map<string, number>();

  const floats = (name: string): Float32Array => new Float32Array(Uint8Array.from(readFileSync(join(folder, `${name}.f32`))).buffer);
  const run = (script: string, ...args: string[]): void => void execFileSync(python(), [join(SCRIPTS, script), folder, ...args], { stdio: 'ignore' });
  /** How many numbers are neither equal nor both NaN. */
  const different = (ours: Float32Array, theirs: Float32Array): number => {
    expect(ours.length).toBe(theirs.length);
    return ours.reduce((count, value, at) => count + Number(value !== theirs[at] && !(Number.isNaN(value) && Number.isNaN(theirs[at]!))), 0);
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-xgboost-'));
    run('random_models.py', String(seed), String(MODELS));
    const trained = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as { version: string; cases: Case[] };
    expect(trained.version).toBe(version);
    cases = trained.cases;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('every model is read alike from both formats, or refused by name', () => {
    expect(cases.length).toBeGreaterThan(0.7 * MODELS);
    for (const { seed: at, what } of cases) {
      try {
        const model = readXgboost(readFileSync(join(folder, `${at}.json`)));
        expect(readXgboost(readFileSync(join(folder, `${at}.ubj`))), what).toEqual(model);
        models.set(at, model);
      } catch (thrown) {
        if (!(thrown instanceof MillraceError)) throw thrown;
        expect(thrown.code, `${what}: ${thrown.message}`).toBe('unsupported');
        expect(() => readXgboost(readFileSync(join(folder, `${at}.ubj`))), what).toThrow(thrown.message);
        refusals.set(thrown.message, (refusals.get(thrown.message) ?? 0) + 1);
      }
    }
    expect(models.size).toBeGreaterThan(0.45 * MODELS);
    for (const message of refusals.keys()) expect(message).toMatch(/(classes|targets|gblinear|hinge|survival|multi:soft).* cannot be served/);
  });

  test('margins and answers have the same bits: one row, some, many, and up to the best round', () => {
    for (const { seed: at, width, names, stopped, what } of cases) {
      const model = models.get(at);
      if (model === undefined) continue;
      if (names !== null) expect(model.featureNames, what).toEqual(names);
      const compiled = compileTrees(model);
      const rows = floats(`${at}.rows`);
      const margins = floats(`${at}.margins`);
      expect(different(scoreMargins(compiled, rows), margins), what).toBe(0);
      expect(different(margins.map((_, row) => scoreMargin(compiled, rows.slice(row * width, (row + 1) * width))), margins), what).toBe(0);
      expect(different(scoreRows(compiled, rows), floats(`${at}.answers`)), what).toBe(0);
      const times = 26;
      const many = new Float32Array(rows.length * times);
      for (let time = 0; time < times; time += 1) many.set(rows, time * rows.length);
      expect(different(scoreMargins(compiled, many).subarray((times - 1) * ROWS), margins), what).toBe(0);
      if (stopped) expect(different(scoreMargins(compileTrees(readXgboost(readFileSync(join(folder, `${at}.ubj`)), { onlyBest: true })), rows), floats(`${at}.best`)), what).toBe(0);
    }
  });

  test('contributions agree to 1e-4 of the greatest, and sum to the margin', () => {
    for (const { seed: at, width, contributions, what } of cases) {
      const model = models.get(at);
      if (model === undefined || !contributions || Math.abs(model.baseScore) > 1e5) continue;
      const { contributions: explain } = explainer(model);
      const rows = floats(`${at}.rows`);
      const margins = floats(`${at}.margins`);
      const recorded = floats(`${at}.contributions`);
      for (let row = 0; row < 60; row += 1) {
        const parts = explain(rows.slice(row * width, (row + 1) * width));
        const theirs = recorded.subarray(row * (width + 1), (row + 1) * (width + 1));
        const scale = theirs.reduce((most, part) => Math.max(most, Math.abs(part)), 1);
        parts.forEach((part, feature) => expect(Math.abs(part - theirs[feature]!) / scale, what).toBeLessThan(1e-4));
        expect(Math.abs(parts.reduce((sum, part) => sum + part, 0) - margins[row]!) / scale, what).toBeLessThan(1e-4);
      }
    }
  });

  test('what we write of them is loaded and predicts the same bits', () => {
    for (const [at, model] of models) writeFileSync(join(folder, `${at}.ours.json`), writeXgboostJson(model));
    run('read_back.py');
    for (const { seed: at, what } of cases) {
      if (!models.has(at)) continue;
      expect(existsSync(join(folder, `${at}.back.f32`)), what).toBe(true);
      const back = floats(`${at}.back`);
      expect(different(back.subarray(0, ROWS), floats(`${at}.margins`)), what).toBe(0);
      expect(different(back.subarray(ROWS), floats(`${at}.answers`)), what).toBe(0);
    }
  });
});
