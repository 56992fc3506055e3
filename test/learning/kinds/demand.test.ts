// Demand: nearer to what came than last week, than a season ago and than the mean; bounds that hold what they promise; forecasts from the newest week on.
import { describe, expect, it } from 'vitest';
import { batchOf, byTime, demandQuality, exponentialSmoothing, measure, predictor, seededRandom, trainPredictor, type DemandModel } from '../../../lib/learning/index.ts';
import { countQuantile } from '../../../lib/learning/smoothing/count-quantile.ts';
import { dataOf, poisson } from './support.ts';

const demand = predictor('demand', {
  question: 'How many?', owner: 'logistics', entities: ['category', 'product'], features: [], label: 'units', algorithm: exponentialSmoothing({ period: '7d', season: 13, group: 'category' }), output: 'value',
  split: byTime({ validate: '91d', test: '91d', gap: '1d' }), gate: { metric: 'rmse', notWorseThanChampion: 0.01 }, writes: 'gold.demand',
});
const [WEEKS, PRODUCTS] = [104, 40];
const expectedOf = (product: number, week: number): number => (0.2 + 0.15 * product) * (1 + 0.5 * Math.sin((2 * Math.PI * week) / 13)) * (1 + week / 200);

/** Forty products whose sales are Poisson with a season of thirteen weeks and growth, and four weeks to come. */
function shop(seed: number): Parameters<typeof dataOf>[1] {
  const { uniform } = seededRandom(seed);
  const sold = Array.from({ length: WEEKS * PRODUCTS }, (_, at) => ({ week: Math.floor(at / PRODUCTS), product: at % PRODUCTS })).flatMap(({ week, product }) => {
    const units = poisson(expectedOf(product, week), uniform);
    return units === 0 ? [] : [{ entity: [`g${product % 4}`, `p${product}`], day: 7 * week, label: units }];
  });
  const ahead = Array.from({ length: 4 * PRODUCTS }, (_, at) => ({ entity: [`g${at % 4}`, `p${at % PRODUCTS}`], day: 7 * (WEEKS + Math.floor(at / PRODUCTS)), label: null }));
  return [...sold, ...ahead];
}

describe('demand', () => {
  it('beats the naive forecasts on later weeks, comes near what chance allows, and its bounds hold their share', async () => {
    const { metrics, rows } = await trainPredictor(demand, dataOf(demand, shop(1)));
    expect(rows.test).toBe(13 * PRODUCTS);
    expect(metrics['rmse']).toBeLessThan(0.95 * metrics['baseline_rmse']!);
    expect(metrics['baseline_rmse']).toBe(Math.min(metrics['last_value_rmse']!, metrics['seasonal_rmse']!, metrics['mean_rmse']!));
    expect(metrics['rmse']).toBeLessThan(1.12 * metrics['noise_floor_rmse']!);
    expect(metrics['pinball']).toBeLessThan(metrics['baseline_pinball']!);
    expect(metrics['coverage']).toBeGreaterThan(0.87);
    expect(metrics['coverage']).toBeLessThan(0.99);
  });

  it.each([
    ['whose sales scatter', 0], ['that goes up and down as a whole', 0.07],
  ] as const)('holds nine of ten weeks between its bounds, eight weeks ahead as well as one, in a shop %s', async (_, drift) => {
    const [weeks, products, ahead] = [80, 30, 8];
    const held = new Float64Array(ahead);
    const shops = 12;
    for (let seed = 1; seed <= shops; seed += 1) {
      const random = seededRandom(100 + seed);
      let level = 0;
      const levels = Array.from({ length: weeks }, () => Math.exp((level += drift * random.normal())));
      const rows = levels.flatMap((much, week) => Array.from({ length: products }, (_unused, product) => ({
        // Some buy by the dozen.
        entity: ['g0', `p${product}`], day: 7 * week, label: poisson((1 + product / 3) * much, random.uniform) * (drift === 0 && random.uniform() < 0.1 ? 3 : 1),
      })));
      const declared = { ...demand, split: byTime({ validate: '70d', test: '56d', gap: '1d' }) };
      const { model } = await trainPredictor(declared, dataOf(declared, rows));
      const table = { periods: weeks, units: Array.from({ length: products }, (_unused, product) => Float64Array.from({ length: weeks }, (_none, week) => rows[week * products + product]!.label)), groups: new Int32Array(products) };
      demandQuality(model.model as DemandModel, table, weeks - ahead, ahead, 13).coverageAhead.forEach((share, at) => (held[at]! += share / shops));
    }
    for (const [at, share] of held.entries()) expect(Math.abs(share - 0.9), `${at + 1} weeks ahead: ${share}`).toBeLessThan(0.06);
  });

  it('foretells a catalogue of tens of thousands of products', async () => {
    const many = 18_000;
    const rows = [
      ...Array.from({ length: 40 }, (_, week) => ({ entity: ['g', `p${week % 3}`], day: 7 * week, label: 1 + (week % 4) })),
      ...Array.from({ length: 8 * many }, (_, at) => ({ entity: ['g', `p${at % many}`], day: 7 * (40 + Math.floor(at / many)), label: null })),
    ];
    const data = dataOf(demand, rows);
    const { model } = await trainPredictor(demand, data);
    expect(batchOf(demand, model, data).rows).toHaveLength(8 * many);
  });

  it('foretells each week to come that the training set asks for', async () => {
    const data = dataOf(demand, shop(2));
    const { model } = await trainPredictor(demand, data);
    const { rows, columns } = batchOf(demand, model, data);
    expect(columns.map(({ name }) => name)).toEqual(['period_start', 'expected', 'low', 'median', 'high']);
    expect(rows).toHaveLength(4 * PRODUCTS);
    const errors = rows.map(({ entity, values }) => {
      const [start, expected, low, median, high] = values as [string, number, number, number, number];
      expect(low).toBeLessThanOrEqual(median);
      expect(median).toBeLessThanOrEqual(high);
      const week = (Date.parse(start) - Date.parse('2017-01-02')) / (7 * 86_400_000);
      expect(week).toBeGreaterThanOrEqual(WEEKS);
      return expected / expectedOf(Number(entity[1]!.slice(1)), week) - 1;
    });
    expect(Math.abs(errors.reduce((sum, error) => sum + error, 0) / errors.length)).toBeLessThan(0.15);
  });

  it('measures an older version on the same weeks, and reads nothing of them to forecast them', async () => {
    const rows = shop(3);
    const data = dataOf(demand, rows);
    const { model, metrics, testRows } = await trainPredictor(demand, data);
    expect(measure(demand, model, data, testRows).metrics).toEqual(metrics);
    const later = dataOf(demand, rows.map((row) => (row.day >= 7 * (WEEKS - 13) && row.label !== null ? { ...row, label: row.label! + 50 } : row)));
    expect((await trainPredictor(demand, later)).model).toEqual(model);
  });

  it('says which times are no beginnings of a period', async () => {
    const rows = shop(4);
    await expect(trainPredictor(demand, dataOf(demand, [...rows, { entity: ['g0', 'p0'], day: 3, label: 1 }]))).rejects.toThrow(/no whole number of periods/);
  });
});

describe('a count', () => {
  it.each([[0.1, 0, 0.9], [0.1, 0, 0.95], [3, 0, 0.5], [3, 1.5, 0.95], [40, 2, 0.05], [2_000, 0.5, 0.975]])('with mean %d and dispersion %d has its quantile %d where draws have it', (mean, dispersion, probability) => {
    const quantile = countQuantile(mean, dispersion, probability);
    const random = seededRandom(5);
    // Negative binomial as a Poisson whose mean is Gamma distributed, approximated by a sum of exponentials where its shape is whole, by a normal where it is great.
    const draws = Array.from({ length: 4_000 }, () => {
      if (mean > 500) return Math.round(mean + Math.sqrt(mean * (1 + dispersion)) * random.normal());
      const shape = dispersion === 0 ? 0 : mean / dispersion;
      const own = dispersion === 0 ? mean : Array.from({ length: shape }, () => -Math.log(1 - random.uniform())).reduce((sum, draw) => sum + draw, 0) * dispersion;
      return poisson(own, random.uniform);
    });
    const below = draws.filter((draw) => draw <= quantile).length / draws.length;
    const under = draws.filter((draw) => draw < quantile).length / draws.length;
    expect(below).toBeGreaterThan(probability - 0.025);
    expect(under).toBeLessThan(probability + 0.025);
  });
});
