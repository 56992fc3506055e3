// Intervals of time: the days, months or years of a table that are computed piece by piece.
import type { Predicate } from '../../lake/index.ts';
import { quoteName } from '../dialect/literals.ts';
import type { TimeGrain } from '../types.ts';

/**
 * Some of a table's rows, by their time: ranges of dates `[from, to)` as ISO text, ascending and apart from each other, and whether rows
 * without a time belong to it. An open end is left out.
 */
export interface Intervals { ranges: readonly { from?: string; to?: string }[]; withoutTime: boolean }

export const EVERYTHING: Intervals = Object.freeze({ ranges: [{}], withoutTime: true });
export const NOTHING: Intervals = Object.freeze({ ranges: [], withoutTime: false });

export function isNothing({ ranges, withoutTime }: Intervals): boolean {
  return ranges.length === 0 && !withoutTime;
}

export function isEverything({ ranges, withoutTime }: Intervals): boolean {
  return withoutTime && ranges.some(({ from, to }) => from === undefined && to === undefined);
}

/** The first day of the interval that holds a date. */
export function intervalStart(date: string, grain: TimeGrain): string {
  const [year, month] = [date.slice(0, -6), date.slice(-5, -3)];
  return grain === 'day' ? date : grain === 'month' ? `${year}-${month}-01` : `${year}-01-01`;
}

/** The start of the interval `steps` after (or, below zero, before) the one that starts at `start`. */
export function addIntervals(start: string, steps: number, grain: TimeGrain): string {
  const at = new Date(`${start}T00:00:00Z`);
  if (grain === 'day') at.setUTCDate(at.getUTCDate() + steps);
  else if (grain === 'month') at.setUTCMonth(at.getUTCMonth() + steps);
  else at.setUTCFullYear(at.getUTCFullYear() + steps);
  return at.toISOString().slice(0, 10);
}

/** Intervals that hold these dates; NULL stands for rows without a time. Neighbours become one range. */
export function intervalsOf(dates: Iterable<string | null>, grain: TimeGrain): Intervals {
  const starts = new Set<string>();
  let withoutTime = false;
  for (const date of dates) {
    if (date === null) withoutTime = true;
    else starts.add(intervalStart(date, grain));
  }
  const ranges: { from: string; to: string }[] = [];
  for (const from of [...starts].sort()) {
    const to = addIntervals(from, 1, grain);
    const last = ranges.at(-1);
    if (last?.to === from) last.to = to;
    else ranges.push({ from, to });
  }
  return { ranges, withoutTime };
}

/** What is in either. */
export function union(a: Intervals, b: Intervals): Intervals {
  const sorted = [...a.ranges, ...b.ranges].sort((x, y) => compare(x.from ?? '', y.from ?? ''));
  const ranges: { from?: string; to?: string }[] = [];
  for (const range of sorted) {
    const last = ranges.at(-1);
    if (last === undefined || (last.to !== undefined && last.to < (range.from ?? ''))) ranges.push({ ...range });
    else if (last.to !== undefined && (range.to === undefined || range.to > last.to)) {
      if (range.to === undefined) delete last.to;
      else last.to = range.to;
    }
  }
  return { ranges, withoutTime: a.withoutTime || b.withoutTime };
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** How the time column is held; decides how a boundary is written. */
export type TimeType = 'date' | 'timestamp';

/** A condition of Athena's dialect that is true for the rows inside, and false for all others (never NULL). */
export function insideSql(intervals: Intervals, column: string, type: TimeType): string {
  const name = quoteName(column);
  const literal = (date: string) => (type === 'date' ? `DATE '${date}'` : `TIMESTAMP '${date} 00:00:00.000000'`);
  const terms = intervals.ranges.map(({ from, to }) => {
    const bounds = [from === undefined ? '' : `${name} >= ${literal(from)}`, to === undefined ? '' : `${name} < ${literal(to)}`].filter((bound) => bound !== '');
    return bounds.length === 0 ? `${name} IS NOT NULL` : `(${name} IS NOT NULL AND ${bounds.join(' AND ')})`;
  });
  if (intervals.withoutTime) terms.push(`${name} IS NULL`);
  return terms.length === 0 ? 'FALSE' : `(${terms.join(' OR ')})`;
}

/** The same as a filter that files can be pruned by. */
export function insidePredicate(intervals: Intervals, column: string, type: TimeType): Predicate {
  const value = (date: string) => {
    const days = Date.parse(`${date}T00:00:00Z`) / 86_400_000;
    return type === 'date' ? days : BigInt(days) * 86_400_000_000n;
  };
  const terms: Predicate[] = intervals.ranges.map(({ from, to }) => ({
    op: 'and' as const,
    of: [
      { op: 'not_null' as const, column },
      ...(from === undefined ? [] : [{ op: 'ge' as const, column, value: value(from) }]),
      ...(to === undefined ? [] : [{ op: 'lt' as const, column, value: value(to) }]),
    ],
  }));
  if (intervals.withoutTime) terms.push({ op: 'is_null', column });
  return terms.length === 0 ? { op: 'false' } : { op: 'or', of: terms };
}
