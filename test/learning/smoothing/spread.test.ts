// How far outcomes fall from forecasts: ends that hold the share they are to hold, for rare and for frequent items, near and far, whatever the scatter.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../lib/learning/index.ts';
import { countInterval, countQuantile, quantilesOf } from '../../../lib/learning/smoothing/count-quantile.ts';
import { learnSpread, spreadOf, type PastForecast } from '../../../lib/learning/smoothing/spread.ts';
import { poisson } from '../kinds/support.ts';

const HORIZON = 4;

/** Forecasts whose outcomes scatter more the further they look, by a factor on what was expected. */
function past(seed: number, count: number): PastForecast[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, at) => {
    const [expected, ahead] = [0.05 * 400 ** random.uniform(), at % HORIZON];
    return { expected, ahead, units: poisson(Math.min(400, expected * Math.exp(0.25 * (ahead + 1) * random.normal())), random.uniform) };
  });
}

describe('the spread of forecasts', () => {
  it.each([0.5, 0.8, 0.9])('holds %d of what comes, for each number of periods ahead', (confidence) => {
    const spread = learnSpread(past(1, 24_000), HORIZON, confidence);
    const later = past(2, 24_000);
    for (let ahead = 0; ahead < HORIZON; ahead += 1) {
      // Of an item that sells once in ten weeks even nothing at all holds more.
      const some = later.filter((one) => one.ahead === ahead && one.expected > 1);
      const inside = some.filter(({ expected, units }) => {
        const { low, high } = spreadOf(spread, expected, ahead);
        return units >= low && units <= high;
      }).length / some.length;
      expect(Math.abs(inside - confidence - 0.02), `${ahead} ahead: ${inside}`).toBeLessThan(0.06);
    }
  });

  it('widens with the distance and with the share, and holds its median', () => {
    const [spread, wider] = [0.8, 0.95].map((confidence) => learnSpread(past(3, 12_000), HORIZON, confidence)) as [ReturnType<typeof learnSpread>, ReturnType<typeof learnSpread>];
    fc.assert(fc.property(fc.double({ min: 0, max: 1_000, noNaN: true }), fc.integer({ min: 0, max: 20 }), (expected, ahead) => {
      const [{ low, median, high }, outer] = [spreadOf(spread, expected, ahead), spreadOf(wider, expected, ahead)];
      for (const end of [low, median, high]) expect(Number.isInteger(end) && end >= 0).toBe(true);
      expect(low <= median && median <= high).toBe(true);
      expect(outer.high).toBeGreaterThanOrEqual(high);
    }), { numRuns: 200 });
    expect(spreadOf(spread, 15, 3).high).toBeGreaterThan(spreadOf(spread, 15, 0).high);
  });

  it('is Poisson\'s without any past', () => {
    expect(spreadOf(learnSpread([], 2, 0.9), 4, 1)).toEqual({ low: 1, median: 4, high: 8 });
  });
});

describe('an interval of counts', () => {
  it.each([[600, 0], [600, 16], [600, 512], [2_000, 64]])('of %d on average, %d times wider than by chance, is that of the distribution: skewed, not the normal one', (mean, dispersion) => {
    // Summed up one by one, from a chance whose logarithm is known.
    const [shape, failing] = [mean / dispersion, dispersion / (1 + dispersion)];
    let chance = dispersion === 0 ? Math.exp(-mean) : Math.exp(-shape * Math.log1p(dispersion));
    let sum = chance;
    const exact = [0.05, 0.25, 0.5, 0.75, 0.95].map(() => 0);
    for (let count = 0; count < 20 * mean; count += 1) {
      [0.05, 0.25, 0.5, 0.75, 0.95].forEach((probability, at) => (sum < probability ? (exact[at] = count + 1) : undefined));
      chance *= dispersion === 0 ? mean / (count + 1) : ((shape + count) / (count + 1)) * failing;
      sum += chance;
    }
    const spread = Math.sqrt(mean * (1 + dispersion));
    [0.05, 0.25, 0.5, 0.75, 0.95].forEach((probability, at) => expect(Math.abs(countQuantile(mean, dispersion, probability) - exact[at]!), `${probability}`).toBeLessThanOrEqual(1 + 0.03 * spread));
  });

  it('holds at least its share of the distribution, of rare ones no more than the least that does', () => {
    fc.assert(fc.property(fc.double({ min: 0.01, max: 60, noNaN: true }), fc.constantFrom(0, 0.5, 4), fc.double({ min: 0.5, max: 0.99, noNaN: true }), (mean, dispersion, share) => {
      const { low, high } = countInterval(quantilesOf(mean, dispersion), share);
      const random = seededRandom(1);
      expect(low).toBeLessThanOrEqual(high);
      expect(countQuantile(mean, dispersion, share)).toBeLessThanOrEqual(high);
      if (low === 0) expect(countQuantile(mean, dispersion, share)).toBe(high);
      if (dispersion === 0) {
        const draws = Array.from({ length: 1_500 }, () => poisson(mean, random.uniform));
        expect(draws.filter((draw) => draw >= low && draw <= high).length / draws.length).toBeGreaterThan(share - 0.05);
      }
    }), { numRuns: 40 });
  });
});
