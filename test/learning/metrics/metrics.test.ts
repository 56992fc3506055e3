import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  areaUnderCurve, brierScore, calibration, decisionsAt, distanceFrom, driftBaseline, kolmogorovSmirnov, logLoss, meanAbsoluteError, permutationImportance, pinballLoss, populationStability, rootMeanSquaredError, rSquared, seededRandom,
} from '../../../lib/learning/index.ts';

const scored = fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.boolean()), { minLength: 2, maxLength: 60 }).filter((rows) => rows.some(([, label]) => label) && rows.some(([, label]) => !label));

describe('ranking', () => {
  test('a score that is NaN is refused, rather than looked for without end', () => {
    expect(() => areaUnderCurve(Float32Array.of(0.5, NaN, 1), [0, 1, 1])).toThrow('the score of row 1 is NaN');
    expect(() => areaUnderCurve(Float32Array.of(0.5, 1), [0])).toThrow('2 answers for 1 labels');
    expect(areaUnderCurve(Float64Array.of(Infinity, -Infinity, Infinity, 0, -Infinity), [1, 0, 0, 1, 1])).toBeCloseTo(3 / 6, 12);
  });

  test('the area under the curve is the chance that a positive scores higher, ties counted half', () => {
    fc.assert(fc.property(scored, (rows) => {
      let wins = 0;
      let pairs = 0;
      for (const [a, positive] of rows) for (const [b, other] of rows) {
        if (!positive || other) continue;
        pairs += 1;
        wins += a > b ? 1 : a === b ? 0.5 : 0;
      }
      expect(areaUnderCurve(Float64Array.from(rows, ([score]) => score), rows.map(([, label]) => Number(label)))).toBeCloseTo(wins / pairs, 12);
    }));
  });

  test('has no answer where all labels are the same', () => {
    expect(areaUnderCurve(Float64Array.of(1, 2), [1, 1])).toBeNaN();
  });

  test('the Kolmogorov-Smirnov distance is that of the distribution functions, ties and gaps included', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1 }), fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1 }), (a, b) => {
      const below = (of: number[], value: number): number => of.filter((other) => other <= value).length / of.length;
      const greatest = Math.max(...Array.from({ length: 10 }, (_, value) => Math.abs(below(a, value) - below(b, value))));
      expect(kolmogorovSmirnov([...a, NaN], b)).toBeCloseTo(greatest, 12);
    }));
  });
});

describe('probabilities', () => {
  test('their loss, and the decisions at a threshold, by hand', () => {
    const said = [0.9, 0.6, 0.4, 0.2];
    const labels = [1, 0, 1, 0];
    expect(logLoss(said, labels)).toBeCloseTo(-(Math.log(0.9) + Math.log(0.4) + Math.log(0.4) + Math.log(0.8)) / 4, 12);
    expect(brierScore(said, labels)).toBeCloseTo((0.01 + 0.36 + 0.36 + 0.04) / 4, 12);
    expect(decisionsAt(said, labels, 0.6)).toEqual({ truePositives: 1, falsePositives: 1, trueNegatives: 1, falseNegatives: 1, precision: 0.5, recall: 0.5, f1: 0.5, accuracy: 0.5 });
    expect(decisionsAt(said, labels, 0.95).precision).toBeNaN();
  });

  test('one certain mistake is expensive, not infinite', () => {
    expect(logLoss([0], [1])).toBeLessThan(40);
  });

  test('calibration finds what is said too high, and nothing where all is right', () => {
    const random = seededRandom(1);
    const chances = Array.from({ length: 20_000 }, () => random.uniform());
    const labels = chances.map((chance) => Number(random.uniform() < chance));
    expect(calibration(chances, labels).error).toBeLessThan(0.02);
    expect(calibration(chances.map((chance) => Math.sqrt(chance)), labels).error).toBeCloseTo(2 / 3 - 1 / 2, 1);
    const { bins } = calibration(chances, labels, 5);
    expect(bins.map(({ rows }) => rows)).toEqual([4000, 4000, 4000, 4000, 4000]);
  });

  test('rows with the same probability share a bin of the calibration', () => {
    expect(calibration([0.5, 0.5, 0.5, 0.5, 0.9], [1, 0, 1, 0, 1], 5).bins).toEqual([{ rows: 4, said: 0.5, happened: 0.5 }, { rows: 1, said: 0.9, happened: 1 }]);
    // What follows a great share of equal ones is in bins of the usual size, not in bins of one row each.
    const chances = Array.from({ length: 100 }, (_, row) => (row < 60 ? 0 : row / 100));
    expect(calibration(chances, chances.map(Math.round), 10).bins.map(({ rows }) => rows)).toEqual([60, 10, 10, 10, 10]);
    for (const count of [7, 10, 23]) expect(calibration(Array.from({ length: count }, (_, row) => row / count), new Array<number>(count).fill(0), 3).bins).toHaveLength(3);
  });
});

test('errors of numbers, by hand', () => {
  expect(rootMeanSquaredError([1, 2], [3, 2])).toBeCloseTo(Math.SQRT2, 12);
  expect(meanAbsoluteError([1, 2], [3, 2], [1, 3])).toBe(0.5);
  expect(pinballLoss([1, 4], [3, 2], 0.9)).toBeCloseTo((0.9 * 2 + 0.1 * 2) / 2, 12);
  expect(rSquared([2, 2], [1, 3])).toBe(0);
  expect(() => meanAbsoluteError([1], [])).toThrow('1 answers for 0 labels');
});

describe('drift', () => {
  test('is nothing between two samples of one source, and much after a shift', () => {
    const random = seededRandom(3);
    const draw = (shift: number): number[] => Array.from({ length: 5000 }, () => random.normal() + shift);
    const baseline = driftBaseline(draw(0));
    expect(populationStability(baseline, draw(0))).toBeLessThan(0.02);
    expect(populationStability(baseline, draw(1))).toBeGreaterThan(0.25);
  });

  test('sees that values are missing which were not', () => {
    const values = Array.from({ length: 100 }, (_, index) => index);
    expect(populationStability(driftBaseline(values), values.map((value) => (value % 2 === 0 ? NaN : value)))).toBeGreaterThan(0.25);
  });

  test('is finite where a bin is empty', () => {
    expect(populationStability(driftBaseline([1, 2, 3, 4]), [100, 100])).toBeLessThan(20);
  });

  test('sees a count rise that was 0 for nearly everyone, and a constant change either way', () => {
    const rare = Array.from({ length: 1000 }, (_, index) => (index < 990 ? 0 : 1));
    expect(populationStability(driftBaseline(rare), Array.from({ length: 1000 }, (_, index) => index % 2))).toBeGreaterThan(0.25);
    const constant = Array.from({ length: 100 }, () => 7);
    expect(populationStability(driftBaseline(constant), constant)).toBe(0);
    for (const moved of [6, 8]) expect(populationStability(driftBaseline(constant), constant.map(() => moved))).toBeGreaterThan(0.25);
  });

  test('measures the distance of Kolmogorov and Smirnov from fifty bins, to within one', () => {
    const random = seededRandom(9);
    for (const shift of [0, 0.2, 1]) {
      const [then, now] = [0, shift].map((by) => Array.from({ length: 4000 }, () => random.normal() + by));
      const exact = kolmogorovSmirnov(then!, now!);
      const distance = distanceFrom(driftBaseline(then!, 50), now!);
      expect(distance).toBeLessThanOrEqual(exact + 1e-9);
      expect(distance).toBeGreaterThan(exact - 0.02);
    }
    expect(distanceFrom(driftBaseline([1, 2, 3], 50), [Number.NaN])).toBeNaN();
  });
});

test('permutation importance names the feature that decides, and leaves the rows as they were', () => {
  const random = seededRandom(5);
  const rows = Float32Array.from({ length: 2000 }, () => random.normal());
  const before = rows.slice();
  const labels = Array.from({ length: 1000 }, (_, row) => Number(rows[2 * row]! > 0));
  const [first, second] = permutationImportance(rows, 2, (of) => areaUnderCurve(Float64Array.from({ length: 1000 }, (_, row) => of[2 * row]!), labels));
  expect(first!.mean).toBeGreaterThan(0.4);
  expect(second!.mean).toBe(0);
  expect(rows).toEqual(before);
});
