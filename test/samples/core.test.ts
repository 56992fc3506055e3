// What makes a sample the same everywhere: numbers, streams, times and gzip of our own.
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bytes } from '../../samples/core/bytes.ts';
import { gzip } from '../../samples/core/gzip.ts';
import { cosDegrees, exp, log, normalQuantile, power } from '../../samples/core/numbers.ts';
import { splitFields } from '../../samples/core/planting.ts';
import { QualityMeter } from '../../samples/core/quality.ts';
import { Quota, spread } from '../../samples/core/quota.ts';
import { Random, WeightedChoice } from '../../samples/core/random.ts';
import {
  civilOf,
  dateText,
  dayOf,
  parseDay,
  saoPauloKind,
  saoPauloToUtc,
  utcToSaoPaulo,
  weekdayOf,
} from '../../samples/core/time.ts';

const close = (a: number, b: number) => Math.abs(a - b) <= 4e-15 * Math.max(1, Math.abs(b));

describe('functions', () => {
  it('are as exact as the built-in ones', () => {
    fc.assert(
      fc.property(fc.double({ min: -300, max: 300, noNaN: true }), (x) => {
        expect(Math.abs(exp(x) / Math.exp(x) - 1)).toBeLessThan(1e-13);
      }),
    );
    fc.assert(fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => close(log(x), Math.log(x))));
    fc.assert(
      fc.property(fc.double({ min: -90, max: 90, noNaN: true }), (x) => close(cosDegrees(x), Math.cos((x * Math.PI) / 180))),
    );
    expect(power(2, 0.5)).toBeCloseTo(Math.SQRT2, 14);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963985, 7);
    expect(normalQuantile(0.001)).toBeCloseTo(-3.090232306, 7);
  });

  it('have the same bits on every machine', () => {
    const float = new Float64Array([exp(1.5), log(1.5), cosDegrees(33), normalQuantile(0.3), normalQuantile(0.01)]);
    expect(Buffer.from(float.buffer).toString('hex')).toMatchInlineSnapshot(
      `"41c54fe63fed11404c98bfec23f3d93fdc2faea863d6ea3f3649d195e3c7e0bff1ec3c465c9c02c0"`,
    );
  });
});

describe('streams', () => {
  it('go on the same for ever', () => {
    const random = new Random(7, 'orders');
    expect(Array.from({ length: 5 }, () => random.uint())).toMatchInlineSnapshot(`
      [
        4221150282,
        2216225971,
        1547563580,
        1857955619,
        559088868,
      ]
    `);
  });

  it('differ by seed and by name', () => {
    const firsts = [
      [7, 'a'],
      [8, 'a'],
      [7, 'b'],
      [7 + 2 ** 32, 'a'],
    ].map(([seed, name]) => new Random(seed as number, name as string).uint());
    expect(new Set(firsts).size).toBe(4);
  });

  it('are uniform, normal and exponential', () => {
    const random = new Random(1, 'moments');
    const n = 200_000;
    const mean = (draw: () => number) => Array.from({ length: n }, draw).reduce((a, b) => a + b, 0) / n;
    expect(mean(() => random.real())).toBeCloseTo(0.5, 2);
    expect(mean(() => random.normal() ** 2)).toBeCloseTo(1, 1);
    expect(mean(() => random.exponential())).toBeCloseTo(1, 1);
  });

  it('draw by weight', () => {
    const random = new Random(1, 'weights');
    const choice = new WeightedChoice([1, 0, 3]);
    const counts = [0, 0, 0];
    for (let i = 0; i < 40_000; i++) counts[choice.draw(random)]!++;
    expect(counts[1]).toBe(0);
    expect(counts[2]! / counts[0]!).toBeCloseTo(3, 0);
  });
});

describe('quotas', () => {
  it('are met exactly, whatever the weights', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.nat(400), fc.integer(), (a, b, seed) => {
        const [quota, candidates] = [Math.min(a, b), Math.max(a, b)];
        const random = new Random(Math.abs(seed), 'quota');
        const chooser = new Quota(quota, candidates);
        let taken = 0;
        for (let i = 0; i < candidates; i++) if (chooser.take(random, 0.2 + 1.6 * random.real())) taken++;
        expect(taken).toBe(quota);
      }),
    );
  });

  it('spread exactly as much as there is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(900), (n, total) => {
        const extras = spread(new Random(3, 'spread'), total, n, 0.4, 5);
        expect(extras.reduce((a, b) => a + b, 0)).toBe(Math.min(total, n * 5));
        expect(Math.max(...extras)).toBeLessThanOrEqual(5);
      }),
    );
  });
});

describe('times', () => {
  it('count days as calendars do', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40_000 }), (day) => {
        const date = new Date(day * 86_400_000);
        expect(dateText(day)).toBe(date.toISOString().slice(0, 10));
        expect(parseDay(dateText(day))).toBe(day);
        expect(civilOf(day).month).toBe(date.getUTCMonth() + 1);
        expect(weekdayOf(day)).toBe((date.getUTCDay() + 6) % 7);
      }),
    );
  });

  it("know São Paulo's clocks", () => {
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone: 'America/Sao_Paulo', dateStyle: 'short', timeStyle: 'medium' });
    const from = dayOf(2014, 7, 1) * 86_400;
    const to = dayOf(2019, 1, 1) * 86_400;
    fc.assert(
      fc.property(fc.integer({ min: from, max: to }), (utc) => {
        const local = utcToSaoPaulo(utc);
        expect(new Date(local * 1000).toISOString().slice(0, 19).replace('T', ' ')).toBe(format.format(utc * 1000));
        expect(saoPauloKind(local)).not.toBe('gap');
        if (saoPauloKind(local) === 'valid') expect(saoPauloToUtc(local)).toBe(utc);
      }),
      { numRuns: 400 },
    );
  });

  it('move a time that never was forward, and take the first of two', () => {
    const utcOf = (text: string) => new Date(saoPauloToUtc(Date.parse(`${text}Z`) / 1000) * 1000).toISOString();
    expect(utcOf('2017-10-15T00:30:00')).toBe('2017-10-15T03:30:00.000Z');
    expect(utcOf('2018-02-17T23:30:00')).toBe('2018-02-18T01:30:00.000Z');
    expect(saoPauloKind(Date.parse('2017-10-15T00:30:00Z') / 1000)).toBe('gap');
    expect(saoPauloKind(Date.parse('2018-02-17T23:30:00Z') / 1000)).toBe('overlap');
  });
});

describe('bytes', () => {
  const written = (write: (bytes: Bytes) => void) => {
    const bytes = new Bytes(256);
    write(bytes);
    return bytes.buffer.toString('utf8', 0, bytes.at);
  };

  it('write numbers as text', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (n) => {
        expect(written((bytes) => bytes.integer(n))).toBe(String(n));
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), (n) => {
        expect(written((bytes) => bytes.cents(n))).toBe((n / 100).toFixed(2));
      }),
    );
    expect(written((bytes) => bytes.time(1_539_797_418))).toBe('2018-10-17 17:30:18');
  });

  it('quote what needs quotes, and what starts with a digit', () => {
    expect(['1a', 'a1', 'a,b', 'say "x"', 'a\r\nb', 'ção'].map((text) => written((bytes) => bytes.field(text)))).toEqual([
      '"1a"',
      'a1',
      '"a,b"',
      '"say ""x"""',
      '"a\r\nb"',
      'ção',
    ]);
    expect(splitFields('a,"b,""c""",,d')).toEqual(['a', '"b,""c"""', '', 'd']);
  });

  it('are compressed so that everybody can read them', () => {
    const lines = Buffer.from(
      Array.from({ length: 3000 }, (_, i) => `${i},2018-10-17,some text that repeats,${i % 7}`).join('\n'),
    );
    expect(gunzipSync(gzip(lines)).equals(lines)).toBe(true);
    expect(gzip(lines).length).toBeLessThan(lines.length / 3);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(40), (bytes, times) => {
        const data = Buffer.concat(Array.from({ length: times }, () => bytes));
        expect(gunzipSync(gzip(data)).equals(data)).toBe(true);
      }),
    );
  });
});

describe('the quality of probabilities', () => {
  it('is that of the textbook', () => {
    const meter = new QualityMeter();
    for (const [p, positive] of [
      [0.1, false],
      [0.4, true],
      [0.35, false],
      [0.8, true],
      [0.4, false],
    ] as const)
      meter.add(p, positive);
    const { auc, rows, positives, mean_probability } = meter.result();
    expect([auc, rows, positives]).toEqual([5.5 / 6, 5, 2]);
    expect(mean_probability).toBeCloseTo(0.41, 12);
  });
});
