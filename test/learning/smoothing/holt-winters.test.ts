import { describe, expect, test } from 'vitest';
import { forecast, seededRandom, trainSmoothing } from '../../../lib/learning/index.ts';

type Random = ReturnType<typeof seededRandom>;

const wave = (at: number): number => 20 * Math.sin((2 * Math.PI * at) / 12);

describe('exponential smoothing', () => {
  test('refuses by name what cannot be', () => {
    expect(() => trainSmoothing([1, 2, 3], { damping: 1.2 })).toThrow('damping is 1.2');
    expect(() => forecast(trainSmoothing([1, 2, 3]), 1, { confidence: 1 })).toThrow('a confidence of 1');
  });

  test('continues a trend and a season', () => {
    const series = Array.from({ length: 72 }, (_, at) => 100 + at + wave(at));
    const model = trainSmoothing(series, { season: 12, damping: 1 });
    forecast(model, 24).forEach(({ expected }, ahead) => expect(Math.abs(expected - (172 + ahead + wave(72 + ahead)))).toBeLessThan(2));
  });

  test('continues a line without a season from its first value on: nothing of it is taken for scatter', () => {
    for (const known of [3, 4, 12, 50, 200]) {
      const model = trainSmoothing(Array.from({ length: known }, (_, at) => 100 + 2 * at), { trend: true, damping: 1 });
      forecast(model, 12).forEach(({ expected, low, high }, ahead) => [expected, low, high].forEach((value) => expect(value).toBeCloseTo(100 + 2 * (known + ahead), 6)));
    }
  });

  test('foretells a steep line among noise nearly as well as who knows the line', () => {
    let squares = 0;
    for (let series = 0; series < 40; series += 1) {
      const random = seededRandom(series + 1);
      const values = Array.from({ length: 58 }, (_, at) => 100 + 8 * at + 8 * random.normal());
      forecast(trainSmoothing(values.slice(0, 50), { damping: 1 }), 8).forEach(({ expected }, ahead) => (squares += (expected - values[50 + ahead]!) ** 2));
    }
    expect(Math.sqrt(squares / 40 / 8)).toBeLessThan(10);
  });

  test('says little after a few values', () => {
    const { low, high } = forecast(trainSmoothing([98, 104, 101], { trend: false }), 1)[0]!;
    expect(high - low).toBeGreaterThan(20);
  });

  test('beats last season and the mean on a noisy series', () => {
    const random = seededRandom(8);
    const series = Array.from({ length: 120 }, (_, at) => 200 + 0.5 * at + wave(at) + 8 * random.normal());
    const known = series.slice(0, 96);
    const later = series.slice(96);
    const error = (predicted: (ahead: number) => number): number => later.reduce((sum, value, ahead) => sum + Math.abs(value - predicted(ahead)), 0);
    const predictions = forecast(trainSmoothing(known, { season: 12 }), 24);
    const mean = known.reduce((sum, value) => sum + value, 0) / 96;
    expect(error((ahead) => predictions[ahead]!.expected)).toBeLessThan(0.9 * error((ahead) => known[84 + (ahead % 12)]!));
    expect(error((ahead) => predictions[ahead]!.expected)).toBeLessThan(0.6 * error(() => mean));
  });

  test('its intervals hold about the stated share of what comes', () => {
    const random = seededRandom(21);
    let inside = 0;
    let all = 0;
    for (let shop = 0; shop < 40; shop += 1) {
      let level = 100;
      const series = Array.from({ length: 90 }, (_, at) => {
        level += 2 * random.normal();
        return level + wave(at) + 5 * random.normal();
      });
      forecast(trainSmoothing(series.slice(0, 84), { season: 12, trend: false }), 6, { confidence: 0.9 }).forEach(({ low, high }, ahead) => {
        inside += Number(series[84 + ahead]! >= low && series[84 + ahead]! <= high);
        all += 1;
      });
    }
    expect(inside / all).toBeGreaterThan(0.8);
    expect(inside / all).toBeLessThan(0.98);
  });

  test.each([
    ['a level that wanders', 40, () => { let level = 100; return (random: Random) => (level += 3 * random.normal()) + 5 * random.normal(); }],
    ['few values that hang together', 24, () => { let last = 0; return (random: Random) => 100 + (last = 0.6 * last + 8 * random.normal()); }],
    ['a line', 50, () => { let at = 0; return (random: Random) => 100 + 2 * (at += 1) + 8 * random.normal(); }],
  ] as const)('its intervals hold their share near and far, of %s', (_, known, making) => {
    const held = new Float64Array(12);
    for (let series = 0; series < 80; series += 1) {
      const random = seededRandom(series * 7 + 1);
      const next = making();
      const values = Array.from({ length: known + 12 }, () => next(random));
      forecast(trainSmoothing(values.slice(0, known)), 12, { confidence: 0.9 }).forEach(({ low, high }, at) => (held[at]! += values[known + at]! >= low && values[known + at]! <= high ? 1 / 80 : 0));
    }
    for (let from = 0; from < 12; from += 4) {
      const mean = held.subarray(from, from + 4).reduce((sum, share) => sum + share, 0) / 4;
      expect(mean, `${from + 1} to ${from + 4} ahead: ${mean}`).toBeGreaterThan(0.855);
      expect(mean, `${from + 1} to ${from + 4} ahead: ${mean}`).toBeLessThan(0.985);
    }
  });

  test('intervals grow with the distance, and never below nothing where demand is asked for', () => {
    const model = trainSmoothing([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]);
    const widths = forecast(model, 5).map(({ low, high }) => high - low);
    widths.slice(1).forEach((width, index) => expect(width).toBeGreaterThan(widths[index]! - 1e-9));
    for (const { low } of forecast(model, 5, { atLeast: 0 })) expect(low).toBeGreaterThanOrEqual(0);
  });

  test('a short series, gaps, and a single value are answered; nothing at all is refused', () => {
    expect(forecast(trainSmoothing([5]), 2).map(({ expected }) => expected)).toEqual([5, 5]);
    expect(forecast(trainSmoothing([4, NaN, 4, NaN, 4], { season: 52 }), 1)[0]!.expected).toBeCloseTo(4, 6);
    expect(trainSmoothing([1, 2, 3], { season: 52 }).season).toBe(1);
    expect(() => trainSmoothing([NaN])).toThrow('there is no value in the series');
    expect(() => trainSmoothing([Infinity])).toThrow('infinite');
  });
});
