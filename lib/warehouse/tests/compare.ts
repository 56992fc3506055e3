// Compares rows that came with rows that were expected, in any order, and shows the difference.
import type { ResultColumn } from '../types.ts';
import type { GivenRow } from './cases.ts';

export type Comparison = { equal: true } | { equal: false; difference: string };

const TOLERANCE = 1e-9;

/** Whether the rows can be paired one to one. An expected row is compared by the columns that it names. */
export function compareRows(expected: readonly GivenRow[], columns: readonly ResultColumn[], actual: readonly unknown[][]): Comparison {
  const at = new Map(columns.map(({ name }, index) => [name, index]));
  const unknown = [...new Set(expected.flatMap((row) => Object.keys(row)))].filter((name) => !at.has(name));
  if (unknown.length > 0) return { equal: false, difference: `the result has no column ${unknown.join(', ')}; it has ${[...at.keys()].join(', ')}` };
  const value = (row: readonly unknown[], name: string) => row[at.get(name) ?? -1];
  const differs = (want: GivenRow, row: readonly unknown[]) =>
    Object.keys(want).filter((name) => !sameValue(want[name], value(row, name), columns[at.get(name) ?? -1]?.type ?? ''));
  const partner = pair(expected.length, actual.length, (want, got) => differs(expected[want] ?? {}, actual[got] ?? []).length === 0);
  const missing = expected.filter((_, index) => !partner.has(index));
  const matched = new Set(partner.values());
  const surplus = actual.filter((_, index) => !matched.has(index));
  if (missing.length === 0 && surplus.length === 0) return { equal: true };
  return { equal: false, difference: difference(missing, surplus, differs, columns, expected) };
}

/** A greatest matching between expected and actual rows (augmenting paths): expected index → actual index. */
function pair(wanted: number, got: number, fits: (want: number, got: number) => boolean): Map<number, number> {
  const taken = new Map<number, number>();
  const place = (want: number, seen: Set<number>): boolean => {
    for (let candidate = 0; candidate < got; candidate++) {
      if (seen.has(candidate) || !fits(want, candidate)) continue;
      seen.add(candidate);
      const holder = taken.get(candidate);
      if (holder === undefined || place(holder, seen)) {
        taken.set(candidate, want);
        return true;
      }
    }
    return false;
  };
  for (let want = 0; want < wanted; want++) place(want, new Set());
  return new Map([...taken].map(([candidate, want]) => [want, candidate]));
}

/** Equal as values of the column's type: numbers within 1e-9 relative, times without regard to how their text is written. */
export function sameValue(expected: unknown, actual: unknown, type: string): boolean {
  if (expected === null || expected === undefined || actual === null || actual === undefined) return (expected ?? null) === (actual ?? null);
  if (/^(double|real|decimal|bigint|integer|smallint|tinyint)/.test(type)) return sameNumber(String(expected), String(actual));
  if (type.startsWith('timestamp')) return plainTime(String(expected)) === plainTime(String(actual));
  if (typeof expected === 'object' || typeof actual === 'object') return text(expected) === text(actual);
  return String(expected) === String(actual);
}

function sameNumber(expected: string, actual: string): boolean {
  if (expected === actual) return true;
  if (/^-?\d{16,}$/.test(expected) && /^-?\d{16,}$/.test(actual)) return false;
  const [a, b] = [Number(expected), Number(actual)];
  return a === b || Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
}

/** `2018-01-01T10:00:00.000000Z` and `2018-01-01 10:00` as one text. */
function plainTime(written: string): string {
  const [date = '', time = '00:00:00'] = written.replace(/(Z|\+00(:?00)?| UTC)$/, '').split(/[T ]/);
  const [clock = '', fraction = ''] = time.split('.');
  return `${date} ${clock.length === 5 ? `${clock}:00` : clock}.${fraction.padEnd(6, '0').slice(0, 6)}`;
}

function text(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'bigint') return String(value);
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? item.toString() : item)) ?? 'NULL';
}

function difference(
  missing: readonly GivenRow[], surplus: readonly (readonly unknown[])[], differs: (want: GivenRow, row: readonly unknown[]) => string[],
  columns: readonly ResultColumn[], expected: readonly GivenRow[],
): string {
  const named = [...new Set(expected.flatMap((row) => Object.keys(row)))];
  const shown = named.length > 0 ? columns.filter(({ name }) => named.includes(name)) : columns;
  const left = [...surplus];
  const lines: string[] = [];
  for (const want of missing) {
    lines.push(`expected  ${Object.entries(want).map(([name, value]) => `${name} ${text(value ?? null)}`).join(', ')}`);
    const nearest = left.map((row, index) => ({ index, row, wrong: differs(want, row) })).sort((a, b) => a.wrong.length - b.wrong.length)[0];
    if (nearest === undefined || nearest.wrong.length === Object.keys(want).length) continue;
    left.splice(nearest.index, 1);
    lines.push(`  but was ${nearest.wrong.map((name) => `${name} ${text(nearest.row[columns.findIndex((column) => column.name === name)] ?? null)}`).join(', ')}`);
  }
  for (const row of left) {
    const values = shown.map(({ name }) => `${name} ${text(row[columns.findIndex((column) => column.name === name)] ?? null)}`);
    lines.push(`not expected  ${values.join(', ')}`);
  }
  return lines.join('\n');
}
