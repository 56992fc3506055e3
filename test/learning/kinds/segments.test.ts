// Segments: named by what they are worth, the same for one seed, better on a later moment than none and than any drawn by lot.
import { describe, expect, it } from 'vitest';
import { batchOf, byTime, kMeans, predictor, scorerOf, seededRandom, trainPredictor } from '../../../lib/learning/index.ts';
import { dataOf } from './support.ts';

const segments = predictor('segments', {
  question: 'Who is alike?', owner: 'growth', entities: ['customer'], features: ['recency', 'money'], algorithm: kMeans({ clusters: 3, orderBy: 'money', names: ['low', 'middle', 'high'], seed: 1 }), output: 'value',
  split: byTime({ validate: '30d', test: '1d', gap: '1d' }), gate: { metric: 'silhouette', notWorseThanChampion: 0.05 }, writes: 'gold.segments',
});
const MONEY = [100, 1_000, 5_000];

/** Three groups of customers that spend 100, 1,000 and 5,000, at three moments. */
function shop(seed: number): Parameters<typeof dataOf>[1] {
  const random = seededRandom(seed);
  return [0, 30, 60].flatMap((day) => Array.from({ length: 90 }, (_, index) => ({ entity: [`c${index}`], day, features: [(index % 3) * 50 + 5 * random.normal(), MONEY[index % 3]! * (1 + 0.1 * random.normal())] })));
}

describe('segments', () => {
  it('find the groups that there are, and number them by what their customers are worth', async () => {
    const data = dataOf(segments, shop(1));
    const { model, metrics, rows } = await trainPredictor(segments, data);
    expect(rows).toEqual({ train: 180, validate: 0, test: 90 });
    expect(metrics['silhouette']).toBeGreaterThan(0.7);
    expect(Math.abs(metrics['baseline_silhouette']!)).toBeLessThan(0.1);
    expect(metrics['inertia']).toBeLessThan(metrics['baseline_inertia']! / 4);
    expect(metrics['inertia']).toBeLessThan(1.2 * metrics['least_inertia']!);
    const { rows: answers, columns } = batchOf(segments, model, data);
    expect(answers).toHaveLength(90);
    expect(columns.map(({ name }) => name)).toEqual(['recency', 'money', 'ml_segment', 'segment_name']);
    for (const { entity, values } of answers) expect(values.slice(2)).toEqual([Number(entity[0]!.slice(1)) % 3, ['low', 'middle', 'high'][Number(entity[0]!.slice(1)) % 3]]);
  });

  it('answer a row of a request as they answer in a batch', async () => {
    const data = dataOf(segments, shop(2));
    const { model } = await trainPredictor(segments, data);
    expect([...scorerOf(model)!(Float32Array.of(0, 110, 50, 1_000, 100, 4_500))]).toEqual([0, 1, 2]);
  });

  it('are the same again for one seed', async () => {
    const [one, other] = [await trainPredictor(segments, dataOf(segments, shop(3))), await trainPredictor(segments, dataOf(segments, shop(3)))];
    expect(one.model).toEqual(other.model);
  });
});
