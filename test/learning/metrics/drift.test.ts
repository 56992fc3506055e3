// Drift beside the samples themselves: the distance is that of Kolmogorov and Smirnov to a fiftieth, whatever the values are like, and what has not moved raises no alarm.
import { describe, expect, it } from 'vitest';
import { distanceFrom, modelBaseline, populationStability, seededRandom } from '../../../lib/learning/index.ts';
import { measureDrift } from '../../../lib/quality/index.ts';

const random = seededRandom(11);
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
const KINDS: Readonly<Record<string, () => number>> = {
  uniform: () => random.uniform(), normal, lognormal: () => Math.exp(normal()), 'far from 0': () => 1e6 + normal(), 'with missing values': () => (random.uniform() < 0.3 ? Number.NaN : normal()),
  counts: () => Math.floor(Math.exp(1.2 * normal())), 'hardly ever above 0': () => (random.uniform() < 0.97 ? 0 : random.integer(5)), flags: () => random.integer(2), constant: () => 7,
};
const sample = (draw: () => number, rows: number, shift = 0): Float32Array => Float32Array.from({ length: rows }, () => draw() + shift);

/** Of two samples, missing values left out: at every value the shares of both that are not above it. */
function kolmogorovSmirnov(one: Float32Array, other: Float32Array): number {
  const [left, right] = [one, other].map((values) => [...values].filter((value) => !Number.isNaN(value)).sort((a, b) => a - b)) as [number[], number[]];
  const upTo = (sorted: readonly number[], value: number): number => sorted.filter((each) => each <= value).length / sorted.length;
  return Math.max(...[...new Set([...left, ...right])].map((value) => Math.abs(upTo(left, value) - upTo(right, value))));
}

describe.each(Object.keys(KINDS))('drift of %s', (kind) => {
  const draw = KINDS[kind]!;

  it.each([0, 0.3, 1.5])('moved by %d has the distance of the samples to a fiftieth, and never more', (shift) => {
    const [before, now] = [sample(draw, 600), sample(draw, 300, shift)];
    const exact = kolmogorovSmirnov(before, now);
    const measured = distanceFrom(modelBaseline({ x: before }, before).features['x']!.steps, now);
    expect(measured).toBeLessThanOrEqual(exact + 1e-9);
    expect(measured).toBeGreaterThan(exact - 0.0201);
  });

  it('is none where nothing has moved', () => {
    for (let round = 0; round < 60; round += 1) {
      const [before, now] = [sample(draw, 2_000), sample(draw, 500)];
      const [row] = measureDrift(modelBaseline({ x: before }, before), [...now].map((value) => ({ features: { x: Number.isNaN(value) ? null : value }, score: value })));
      expect(row!.status).toBe('stable');
    }
  });

  it('is told where every value is another', () => {
    const before = sample(draw, 600);
    // Between the values that there were, too: a flag that is a half.
    expect(populationStability(modelBaseline({ x: before }, before).features['x']!.bins, sample(draw, 600).map((value) => value / 2 + 0.25))).toBeGreaterThan(0.25);
  });
});
