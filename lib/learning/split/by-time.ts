// Training, validation and test rows by time: the model is always asked about a later time than it learned from.
import { MillraceError } from '../../base/index.ts';

export interface TimeSplit {
  /** Row numbers, ascending. */
  train: Uint32Array;
  validate: Uint32Array;
  test: Uint32Array;
  /** Training and validation rows, and those between that a gap leaves out: for what needs no validation. */
  before: Uint32Array;
  /** Epoch milliseconds from which on rows validate, and test. */
  validateFrom: number;
  testFrom: number;
}

const DAY = 86_400_000;
const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, d: DAY, w: 7 * DAY };

/** `14d`, `12h` or `2w` as milliseconds. */
export function durationOf(text: string): number {
  const [, count, unit] = /^(\d+)([hdw])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined || Number(count) === 0) throw new MillraceError('bad_input', `${JSON.stringify(text)} is no length of time`, { where: 'split', todo: 'write 12h, 14d or 2w' });
  return Number(count) * UNITS[unit]!;
}

/**
 * Splits rows by their times (epoch milliseconds): the last `test` before `end` test, the `validate` before those validate, the rest trains. `gap` is left
 * out before each cut, for labels that look that far ahead: a row whose label reaches into the next part would tell of it. Default of `end`: just
 * after the last row. A part without rows is refused; `of` says whose rows these are.
 */
export function splitByTime(times: ArrayLike<number>, { validate, test, gap, end, of }: { validate: string; test: string; gap?: string; end?: number; of?: string }): TimeSplit {
  let [first, last] = [Infinity, -Infinity];
  for (let row = 0; row < times.length; row += 1) {
    if (!Number.isFinite(times[row]!)) throw new MillraceError('bad_input', `the time of row ${row} is ${times[row]}`, { where: 'split', todo: 'every row needs its time' });
    first = Math.min(first, times[row]!);
    last = Math.max(last, times[row]!);
  }
  const until = end ?? last + 1;
  const testFrom = until - durationOf(test);
  const validateFrom = testFrom - durationOf(validate);
  const left = gap === undefined ? 0 : durationOf(gap);
  const rows = (from: number, to: number): Uint32Array => Uint32Array.from({ length: times.length }, (_, row) => row).filter((row) => times[row]! >= from && times[row]! < to);
  const split = { train: rows(-Infinity, validateFrom - left), validate: rows(validateFrom, testFrom - left), test: rows(testFrom, until), before: rows(-Infinity, testFrom - left), validateFrom, testFrom };
  for (const part of ['train', 'validate', 'test'] as const) {
    if (split[part].length === 0) {
      const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
      throw new MillraceError('bad_input', `${of === undefined ? '' : `${of}: `}no row is left to ${part}: the ${times.length} rows whose answer is known are of ${day(first)} to ${day(last)}`, {
        where: 'split', todo: `The last ${test} test, the ${validate} before validate${gap === undefined ? '' : `, and ${gap} before each are left out`}: it takes a longer history, or shorter windows.`,
      });
    }
  }
  return split;
}
