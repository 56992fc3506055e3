// As of when a predictor is trained where nobody says so.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endOfHistory } from '../../../lib/local/learning/training-date.ts';

const DAY = 86_400_000;
const daysFrom = (from: string, count: number): string[] => Array.from({ length: count }, (_, day) => new Date(Date.parse(from) + day * DAY).toISOString().slice(0, 10));

describe('the end of the history to learn from', () => {
  const files = daysFrom('2017-01-01', 600);

  it('is the last day, where days follow each other', () => {
    expect(endOfHistory(files, 100 * DAY)).toBe(files.at(-1));
  });

  it('is the end of the files until live events of years later have a history of their own', () => {
    expect(endOfHistory([...files, ...daysFrom('2026-11-20', 2)], 100 * DAY)).toBe(files.at(-1));
    expect(endOfHistory([...files, ...daysFrom('2026-11-20', 101)], 100 * DAY)).toBe('2027-02-28');
  });

  it('goes over days on which nothing happened', () => {
    expect(endOfHistory(files.filter((_, day) => day % 60 === 0), 100 * DAY)).toBe('2018-06-25');
  });

  it('is nowhere where no history is long enough', () => {
    expect(endOfHistory([], DAY)).toBeUndefined();
    expect(endOfHistory(['2018-01-01', '2020-01-01'], DAY)).toBeUndefined();
  });

  it('is one of the days, and never before that of a history that asks for more', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 2000 }), { maxLength: 60 }), fc.integer({ min: 1, max: 400 }), (numbers, least) => {
      const days = numbers.sort((one, other) => one - other).map((day) => daysFrom('2015-01-01', 1).map((from) => new Date(Date.parse(from) + day * DAY).toISOString().slice(0, 10))[0]!);
      const found = endOfHistory(days, least * DAY);
      const pickier = endOfHistory(days, 2 * least * DAY);
      if (found !== undefined) expect(days).toContain(found);
      if (pickier !== undefined) expect(found! >= pickier).toBe(true);
    }), { numRuns: 300 });
  });
});
