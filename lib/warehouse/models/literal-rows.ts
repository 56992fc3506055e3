// Rows written out as a SELECT of Athena's dialect: the given rows of a test, and relations that are empty.
import { MillraceError } from '../../base/index.ts';
import { quoteName, quoteString } from '../dialect/literals.ts';
import type { ResultColumn } from '../types.ts';

/** A SELECT with these columns and no row. */
export function emptyRelation(columns: readonly ResultColumn[]): string {
  return `SELECT ${columns.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${quoteName(name)}`).join(', ')} WHERE FALSE`;
}

/** A SELECT of these rows; a column that a row does not name is NULL there. `what` names the rows in errors. */
export function literalRows(columns: readonly ResultColumn[], rows: readonly Readonly<Record<string, unknown>>[], what: string): string {
  for (const row of rows) {
    const unknown = Object.keys(row).find((name) => !columns.some((column) => column.name === name));
    if (unknown !== undefined) {
      throw new MillraceError('bad_input', `${what} has no column ${unknown}`, { todo: `It has ${columns.map(({ name }) => name).join(', ')}.` });
    }
  }
  if (rows.length === 0) return emptyRelation(columns);
  const given = columns.filter(({ name }) => rows.some((row) => row[name] !== undefined && row[name] !== null));
  const items = columns.map((column) =>
    `CAST(${given.includes(column) ? `given.${quoteName(column.name)}` : 'NULL'} AS ${column.type}) AS ${quoteName(column.name)}`);
  const names = given.length === 0 ? ['nothing'] : given.map(({ name }) => quoteName(name));
  const values = rows.map((row) => `(${given.length === 0 ? 'NULL' : given.map((column) => literal(row[column.name], column, what)).join(', ')})`);
  return `SELECT ${items.join(', ')} FROM (VALUES ${values.join(', ')}) AS given (${names.join(', ')})`;
}

function literal(value: unknown, { name, type }: ResultColumn, what: string): string {
  if (value === null || value === undefined) return 'CAST(NULL AS varchar)';
  if (typeof value === 'object' || /^(array|map|row|varbinary)/.test(type)) {
    throw new MillraceError('unsupported', `${what}: column ${name} has type ${type}, which cannot be written out as a given value`);
  }
  return quoteString(type.startsWith('timestamp') ? String(value).replace('T', ' ').replace(/Z$/, '') : String(value));
}
