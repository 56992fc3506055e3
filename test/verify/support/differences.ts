// What two results differ in: rows are compared as a multiset, doubles within 1e-9 of their size.
import type { QueryResult } from '../../../lib/warehouse/index.ts';

const MOST = 5;

/** Nothing where they are equal; else some lines that a person can look into. */
export function differences(left: QueryResult, right: QueryResult): string[] {
  const header = ({ columns }: QueryResult) => columns.map(({ name, type }) => `${name} ${type}`).join(', ');
  if (header(left) !== header(right)) return [`columns: ${header(left)} ≠ ${header(right)}`];
  if (left.rows.length !== right.rows.length) return [`rows: ${left.rows.length} ≠ ${right.rows.length}`, ...surplus(left, right)];
  const isDouble = left.columns.map(({ type }) => type === 'double' || type === 'real');
  const [a, b] = [sorted(left, isDouble), sorted(right, isDouble)];
  const found: string[] = [];
  a.forEach((row, at) => {
    const other = b[at] as unknown[];
    const wrong = row.findIndex((value, column) => !(isDouble[column] ? closeTo(value, other[column]) : textOf(value) === textOf(other[column])));
    if (wrong >= 0 && found.length < MOST) found.push(`${left.columns[wrong]?.name}: ${textOf(row[wrong])} ≠ ${textOf(other[wrong])} in ${row.map(textOf).join(' | ').slice(0, 600)}`);
  });
  return found;
}

/** By the values that have to be equal, then by the doubles. */
function sorted({ rows }: QueryResult, isDouble: readonly boolean[]): unknown[][] {
  const keyed = rows.map((row) => ({
    row, exact: row.filter((_, column) => !isDouble[column]).map(textOf).join('\u0001'), rough: row.filter((_, column) => isDouble[column]).map((value) => (value === null ? '' : Number(value).toExponential(6))).join('\u0001'),
  }));
  return keyed.sort((p, q) => (p.exact < q.exact ? -1 : p.exact > q.exact ? 1 : p.rough < q.rough ? -1 : p.rough > q.rough ? 1 : 0)).map(({ row }) => row);
}

function surplus(left: QueryResult, right: QueryResult): string[] {
  const counts = new Map<string, number>();
  for (const row of left.rows) counts.set(row.map(textOf).join(' | '), (counts.get(row.map(textOf).join(' | ')) ?? 0) + 1);
  for (const row of right.rows) counts.set(row.map(textOf).join(' | '), (counts.get(row.map(textOf).join(' | ')) ?? 0) - 1);
  return [...counts].filter(([, count]) => count !== 0).slice(0, MOST).map(([row, count]) => `${count > 0 ? 'only left' : 'only right'}: ${row.slice(0, 600)}`);
}

function closeTo(left: unknown, right: unknown): boolean {
  if (left === null || right === null) return left === right;
  const [a, b] = [Number(left), Number(right)];
  return Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return typeof value === 'object' ? JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)) : String(value);
}
