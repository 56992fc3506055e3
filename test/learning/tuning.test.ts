// A search for settings: the same seed chooses the same, the test window takes no part, and what is declared is never beaten by something worse.
import { describe, expect, it } from 'vitest';
import { byTime, choice, gradientBoosting, predictor, randomForest, range, recommender, seededRandom, trainPredictor, tune, type Dataset, type Predictor } from '../../lib/learning/index.ts';

const DAY = 86_400_000;
const START = Date.UTC(2018, 0, 1);
const rain = predictor('rain', {
  question: 'Will it rain?', owner: 'weather', entities: ['place'], features: ['clouds', 'wind', 'noise'], label: 'rained', algorithm: gradientBoosting({ trees: 20, depth: 2, earlyStopping: 5 }),
  split: byTime({ validate: '20d', test: '20d', gap: '1d' }), gate: { metric: 'log_loss', notWorseThanChampion: 0.01 }, tune: { depth: choice(1, 2, 3), learningRate: range(0.05, 0.5, { scale: 'log' }) },
});

/** A hundred days of twenty places; `testLabel` decides what the last twenty days say. */
function days(testLabel: (honest: number) => number = (honest) => honest): Dataset {
  const { uniform } = seededRandom(3);
  const rows = Array.from({ length: 2_000 }, (_, index) => {
    const [clouds, wind, noise] = [uniform(), uniform(), uniform()];
    const honest = uniform() < clouds * wind ? 1 : 0;
    const day = Math.floor(index / 20);
    return { place: `p${index % 20}`, at: START + day * DAY, values: [clouds, wind, noise], label: day >= 80 ? testLabel(honest) : honest };
  });
  return {
    entities: rows.map(({ place }) => [place]), times: Float64Array.from(rows, ({ at }) => at), labels: Float32Array.from(rows, ({ label }) => label),
    columns: [0, 1, 2].map((column) => Float32Array.from(rows, ({ values }) => values[column]!)),
  };
}

const seen: number[] = [];
const search = (one: Predictor, data: Dataset, options: { trials?: number; seed?: number; seconds?: number; now?: () => number } = {}) => tune(one, data, {
  trials: 5, now: () => 0, ...options,
  train: (candidate, rows) => {
    seen.push(rows.times.reduce((most, at) => Math.max(most, at), 0));
    return trainPredictor(candidate, rows);
  },
});

describe('a search for settings', () => {
  it('chooses the same for the same seed, and something at least as good as what is declared', async () => {
    const [one, other] = [await search(rain, days()), await search(rain, days())];
    expect(other).toEqual(one);
    const { trials, chosen } = one.tuning;
    expect(trials).toHaveLength(6);
    expect(trials[0]!.settings).toEqual({});
    expect(trials.find(({ trial }) => trial === chosen)!.score!).toBeLessThanOrEqual(trials[0]!.score!);
    expect(one.predictor.algorithm.settings).toMatchObject({ trees: 20, ...trials.find(({ trial }) => trial === chosen)!.settings });
    expect((await search(rain, days(), { seed: 2 })).tuning.trials[1]!.settings).not.toEqual(trials[1]!.settings);
  });

  it('never looks at the test window: whatever that says, the choice is the same', async () => {
    seen.length = 0;
    const honest = await search(rain, days());
    const lying = await search(rain, days((label) => 1 - label));
    expect(lying).toEqual(honest);
    expect(Math.max(...seen)).toBeLessThan(START + 78 * DAY + 1);
    expect(honest.tuning.before).toBe(new Date(START + 78 * DAY + 1).toISOString());
  });

  it('begins no trial after its time, and says so', async () => {
    let time = 0;
    const { tuning } = await search(rain, days(), { trials: 50, seconds: 10, now: () => (time += 1_000) });
    expect(tuning.cutShort).toBe(true);
    expect(tuning.trials.length).toBeLessThan(10);
  });

  it('knows forests, whose settings it draws from a space of their own, and refuses kinds without any', async () => {
    const { tune: _space, ...declared } = rain;
    const forest = { ...declared, algorithm: randomForest({ trees: 5, depth: 3 }) };
    expect(Object.keys((await search(forest, days(), { trials: 1 })).tuning.trials[1]!.settings)).toEqual(['depth', 'minLeafWeight']);
    await expect(search({ ...declared, algorithm: recommender() }, days())).rejects.toThrow(/no settings to search for recommender/);
  });

  it('tries many on few rows first where there are many', async () => {
    const few = days();
    const times = 14;
    const many: Dataset = {
      entities: Array.from({ length: times }, () => few.entities).flat(), times: Float64Array.from({ length: times * 2_000 }, (_, row) => few.times[row % 2_000]!), labels: Float32Array.from({ length: times * 2_000 }, (_, row) => few.labels[row % 2_000]!),
      columns: few.columns.map((values) => Float32Array.from({ length: times * 2_000 }, (_, row) => values[row % 2_000]!)),
    };
    const { tuning } = await search(rain, { ...many, times: many.times.map((at) => START + (at - START) * 3) }, { trials: 6 });
    const [first, second] = [tuning.trials.filter(({ share }) => share < 1), tuning.trials.filter(({ share }) => share === 1)];
    expect(first).toHaveLength(7);
    expect(second.length).toBeLessThan(5);
    expect(second.map(({ trial }) => trial)).toContain(0);
    expect(second.map(({ trial }) => trial)).toContain(tuning.chosen);
  });
});
