// Z-order: sorts rows so that those which are near in several columns at once are near in the file.
import { MillraceError } from '../../base/index.ts';
import { fieldByName } from '../format/schema.ts';
import type { PrimitiveType, Schema } from '../types.ts';
import type { Session } from './database.ts';
import { duckType, quoteName, quoteText } from './sql-text.ts';

/** Bits of each column's place: 256 ranges that hold about equally many rows. */
const BITS = 8;
const MOST_COLUMNS = 7; // 56 bits
const SAMPLED_ROWS = 100_000;

/**
 * SQL to sort rows by the Z-order of some columns. Each value is taken for the range it falls into, of 256 that split a sample of the
 * rows evenly, so that columns of any type and any skew weigh the same; then the bits of the ranges' numbers are interleaved.
 * Values of one range are ordered by the first column.
 */
export async function zOrderSql(
  session: Session, schema: Schema, columns: readonly string[], rows: string, signal?: AbortSignal,
): Promise<string[]> {
  if (columns.length < 2 || columns.length > MOST_COLUMNS) {
    throw new MillraceError('usage', `a Z-order takes 2 to ${MOST_COLUMNS} columns, not ${columns.length}`, { todo: 'For one column sort by it.' });
  }
  const keys = columns.map((name) => {
    const { type } = fieldByName(schema, name);
    if (typeof type !== 'string') throw new MillraceError('bad_input', `${name} is a ${type.type}: only primitive columns have an order`);
    return { name: quoteName(name), type };
  });
  const borders = await bordersOf(session, keys, rows, signal);
  const places = keys.map(({ name, type }, at) => placeSql(name, type, borders[at] ?? []));
  const bits = places.map((place, at) => spread(place, at, keys.length));
  return [bits.join(' | '), ...keys.slice(0, 1).map(({ name }) => name)];
}

/** The values that split a sample into ranges, smallest first, as text. */
async function bordersOf(
  session: Session, keys: readonly { name: string; type: PrimitiveType }[], rows: string, signal: AbortSignal | undefined,
): Promise<string[][]> {
  const fractions = Array.from({ length: 2 ** BITS - 1 }, (_, at) => (at + 1) / 2 ** BITS);
  const quantiles = keys.map(({ name, type }, at) =>
    `list_transform(list_sort(list_distinct(quantile_disc(${sortable(name, type)}, [${fractions.join(', ')}]))), lambda b: b::VARCHAR) AS c${at}`);
  const [found] = await session.rows<Record<string, string[] | null>>(
    `SELECT ${quantiles.join(', ')} FROM (FROM (SELECT ${keys.map(({ name }) => name).join(', ')} FROM (${rows})) USING SAMPLE reservoir(${SAMPLED_ROWS} ROWS) REPEATABLE (1))`,
    { signal },
  );
  return keys.map((_, at) => found?.[`c${at}`] ?? []);
}

/** The type in which a column is compared and its borders are written. */
function sortable(expression: string, type: PrimitiveType): string {
  if (type === 'boolean') return `(${expression})::INTEGER`;
  return type === 'binary' || type.startsWith('fixed') ? `hex(${expression})` : expression;
}

/** The number of the range that a value is in, 0 for NULL, by a search that halves the ranges. */
function placeSql(name: string, type: PrimitiveType, borders: readonly string[]): string {
  const sortedType = type === 'boolean' ? 'INTEGER' : type === 'binary' || type.startsWith('fixed') ? 'VARCHAR' : duckType(type);
  const value = sortable(name, type);
  const search = (from: number, to: number): string => {
    if (from === to) return String(from);
    const middle = (from + to) >> 1;
    return `CASE WHEN ${value} < ${quoteText(borders[middle] ?? '')}::${sortedType} THEN ${search(from, middle)} ELSE ${search(middle + 1, to)} END`;
  };
  return `CASE WHEN ${name} IS NULL THEN 0 ELSE ${search(0, borders.length)} END::UBIGINT`;
}

/** The bits of a place with room for those of the other columns between them. */
function spread(place: string, column: number, columns: number): string {
  const bits = Array.from({ length: BITS }, (_, bit) => `(((p >> ${bit}) & 1) << ${bit * columns + (columns - 1 - column)})`);
  return `list_transform([${place}], lambda p: ${bits.join(' | ')})[1]`;
}
