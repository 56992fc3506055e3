// Predictors: trained on the past, measured on what came later, kept with all they were made from.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MillraceError } from '../../lib/base/index.ts';
import { LocalFiles } from '../../lib/lake/index.ts';
import {
  byTime, datasetOf, gradientBoosting, inTrainingSet, matrixOf, ModelRegistry, modelStoreOn, predictor, probabilityText, randomForest, scorerOf, seededRandom, trainPredictor, type LoadedPredictor, type ModelCard,
} from '../../lib/learning/index.ts';

const DAY = 86_400_000;
const declared = {
  question: 'Will it rain?', owner: 'weather', entities: ['place'], features: ['clouds', 'seen_at', 'noise'], label: 'rained', algorithm: gradientBoosting({ trees: 60, depth: 3, earlyStopping: 10 }),
  split: byTime({ validate: '20d', test: '20d', gap: '1d' }), gate: { metric: 'auc', notWorseThanChampion: 0.01, calibrationError: 0.1 },
} as const;
const rain = predictor('rain', declared);

/** A hundred days with twenty places each: clouds bring rain, noise brings nothing, and the last day is still open. */
function rows(seed: number): (string | number | null)[][] {
  const { uniform: random } = seededRandom(seed);
  return Array.from({ length: 2_000 }, (_, index) => {
    const day = Math.floor(index / 20);
    const clouds = random();
    const at = new Date(Date.parse('2018-01-01T12:00:00Z') + day * DAY).toISOString();
    return [`p${index % 20}`, at, random() < 0.1 ? null : clouds, at.slice(0, 10), random(), day === 99 ? null : random() < clouds ? 1 : 0];
  });
}
const COLUMNS = ['place', 'at_time', 'clouds', 'seen_at', 'noise', 'rained'];

describe('a training set', () => {
  it('counts times among the features as days before the row, and keeps what is missing as missing', () => {
    const data = datasetOf(rain, COLUMNS, rows(1));
    expect(data.columns[1]!.every((days) => Math.abs(days - 0.5) < 1e-6)).toBe(true);
    expect(data.columns[0]!.some(Number.isNaN)).toBe(true);
    expect(data.labels.filter(Number.isNaN)).toHaveLength(20);
  });

  it('says which column it lacks', () => {
    expect(() => datasetOf(rain, COLUMNS.slice(0, 5), rows(1))).toThrow(/no column rained/);
  });

  it('refuses texts by name, which else would count as missing, in features and in the label', () => {
    const texts = (column: number, text: string) => rows(1).map((row, index) => (index === 7 ? row.with(column, text) : row));
    expect(() => datasetOf(rain, COLUMNS, texts(2, 'cumulus'))).toThrow(/column clouds of the training set of rain is a text, 'cumulus'/);
    expect(() => datasetOf(rain, COLUMNS, texts(2, 'type 1'))).toThrow(/column clouds/);
    expect(() => datasetOf(rain, COLUMNS, texts(2, ''))).toThrow(/column clouds/);
    expect(() => datasetOf(rain, COLUMNS, texts(5, 'yes'))).toThrow(/column rained of the training set of rain is a text, 'yes'/);
    for (const [column, text] of [[2, '0.125'], [2, '-1e-7'], [3, '2018-01-01 00:00:00.000000'], [3, '2018-01-01T00:00:00Z'], [5, '1']] as const) expect(datasetOf(rain, COLUMNS, texts(column, text)).times).toHaveLength(2_000);
  });
});

describe('a version', () => {
  it.each([['boosted trees', rain], ['a forest', predictor('rain', { ...declared, algorithm: randomForest({ trees: 40, depth: 4 }) })]] as const)(
    'beats the base rate on days that it has not seen, knows what matters, and is what it says: %s', async (_, one) => {
      const trained = await trainPredictor(one, datasetOf(one, COLUMNS, rows(2)));
      expect(trained.metrics['auc']).toBeGreaterThan(0.75);
      expect(trained.metrics['log_loss']).toBeLessThan(trained.metrics['baseline_log_loss']!);
      expect(trained.importance[0]!.feature).toBe('clouds');
      expect(trained.rows.test).toBe(400);
      expect(trained.baseRate).toBeCloseTo(0.5, 1);
    });

  it('is the same again from the same rows', async () => {
    const data = datasetOf(rain, COLUMNS, rows(3));
    const [one, other] = [await trainPredictor(rain, data), await trainPredictor(rain, data)];
    expect(one.metrics).toEqual(other.metrics);
  });

  it('is not made where no label is known', async () => {
    await expect(trainPredictor(rain, datasetOf(rain, COLUMNS, rows(1).slice(-20)))).rejects.toThrow(/no row whose label is known/);
  });
});

describe('a declaration', () => {
  it.each([
    [{ features: [] }, /no features/], [{ features: ['clouds', 'clouds'] }, /named twice/], [{ features: ['rained'] }, /label rained is among/], [{ entities: [] }, /who a row is about/],
    [{ split: { validate: '20 days', test: '20d', gap: '1d' } }, /validate of its split is "20 days", which is no length of time/], [{ gate: { metric: 'rmse', notWorseThanChampion: 1 } }, /rmse, by which a probability is not measured/],
    [{ writes: 'silver.orders_master' }, /it writes "silver.orders_master"/],
  ] as const)('is refused: %j', (change, message) => expect(() => predictor('rain', { ...declared, ...change } as Parameters<typeof predictor>[1])).toThrow(message));

  it.each([
    [{ lable: 'rained' }, 'there is no setting rain.lable'], [{ algorithm: gradientBoosting({ tres: 10 } as object) }, 'there is no setting rain.algorithm.tres'], [{ gate: { ...declared.gate, latency: 5 } }, 'there is no setting rain.gate.latency'],
    [{ split: { ...declared.split, train: '9d' } }, 'there is no setting rain.split.train'], [{ gate: { ...declared.gate, metric: 'accuracy' } }, 'its gate goes by accuracy'],
  ])('names what nobody reads, which would train something else than was meant: %j', (change, message) => {
    expect(() => predictor('rain', { ...declared, ...change } as Parameters<typeof predictor>[1])).toThrow(message);
  });
});

describe('the SQL of a training set', () => {
  const loaded: LoadedPredictor = { ...rain, sql: 'SELECT place,\n  wrong\nFROM silver.weather', file: '/project/predictors/rain.ts' };
  const failing = (message: string, details: object = {}) => inTrainingSet(loaded, () => Promise.reject(new MillraceError('bad_input', message, details)));

  it('is told with its file, and by its own lines', async () => {
    await expect(failing('there is no column wrong, at line 3, column 3', { where: 'line 3, column 3' })).rejects.toMatchObject({ where: 'predictors/rain.sql', message: 'there is no column wrong, at line 2, column 3' });
  });

  it('lacks what its rows are joined by', async () => {
    await expect(failing('there is no column points.at_time, at line 7, column 29', { todo: 'columns are place' })).rejects.toMatchObject({ message: 'the training set of rain has no column at_time', todo: 'columns are place' });
  });

  it('leaves what says already where it is', async () => {
    await expect(failing('disk full', { where: 'elsewhere' })).rejects.toMatchObject({ where: 'elsewhere', message: 'disk full' });
  });
});

describe('probabilities in figures', () => {
  it.each([[0.1574, '0.157'], [0.00142, '0.00142'], [0.0000314, '0.0000314'], [0, '0'], [1, '1.000'], [0.0999, '0.0999'], [Number.NaN, '-']])('%d reads %s', (value, text) => expect(probabilityText(value)).toBe(text));
});

describe('the registry', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'millrace-models-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('numbers versions, gives their models back to the bit, and lets one answer', async () => {
    const registry = new ModelRegistry(modelStoreOn(new LocalFiles(), folder));
    const data = datasetOf(rain, COLUMNS, rows(4));
    const { model, metrics, reliability, importance, rows: counts, baseRate, testRows } = await trainPredictor(rain, data);
    const card: Omit<ModelCard, 'version'> = {
      predictor: 'rain', question: rain.question, entities: rain.entities, features: rain.features, output: 'probability', algorithm: 'gradient_boosting', parameters: {}, metrics, reliability, importance,
      rows: counts, baseRate, asOf: '2018-04-10', snapshots: {}, trainingSet: '', codeVersion: '0', trainedAt: 0, seconds: 0,
    };
    const kept = await Promise.all([registry.register(card, model), registry.register(card, model), registry.register(card, model)]);
    expect(kept.map(({ version }) => version).sort()).toEqual(['1', '2', '3']);
    const matrix = matrixOf(data, testRows);
    expect(scorerOf(await registry.model('rain', '2'))!(matrix)).toEqual(scorerOf(model)!(matrix));

    expect(await registry.setAlias('rain', 'champion', '1', 1)).toBeUndefined();
    expect(await registry.setAlias('rain', 'champion', '3', 2)).toBe('1');
    await registry.setAlias('rain', 'champion', '2', 3);
    expect(await registry.rollback('rain', 3)).toEqual({ from: '2', to: '3' });
    expect(await registry.rollback('rain', 3)).toEqual({ from: '3', to: '1' });
    await expect(registry.rollback('rain', 3)).rejects.toThrow(/no champion of rain before/);
    expect(await registry.aliases('rain')).toEqual({ champion: '1' });
    await expect(registry.setAlias('rain', 'champion', '9', 4)).rejects.toThrow(/no version 9 of rain/);
    await expect(registry.rollback('snow', 5)).rejects.toThrow(/no champion of snow/);
  });
});
