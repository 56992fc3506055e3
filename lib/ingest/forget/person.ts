// Who is to be forgotten: the columns of a source that tell a person from others, and how their values stand in bronze and in raw records.
import { MillraceError } from '../../base/index.ts';
import { columnsOf, pseudonymise, type Column, type Contract } from '../../contracts/index.ts';
import { quoteName, quoteText } from '../../lake/duckdb/index.ts';
import type { PrivacyKeys } from '../privacy/keys.ts';

/** A column by its table name, and what it holds for the person, as the source writes it. */
export interface Identifier { column: string; value: string }

/** Throws `not_found` for a column that there is not, and `usage` for one that does not identify anybody. */
export function checkIdentifiers(contract: Contract, identifiers: readonly Identifier[]): void {
  const columns = new Map(columnsOf(contract).map(({ name, column }) => [name, column]));
  const identifying = [...columns].filter(([, column]) => identifies(column)).map(([name]) => name).join(', ');
  if (identifiers.length === 0) throw new MillraceError('usage', 'nobody is named', { todo: `Write column=value; of ${contract.name} these say who it is: ${identifying}.` });
  for (const { column, value } of identifiers) {
    const found = columns.get(column);
    if (found === undefined) throw new MillraceError('not_found', `${contract.name} has no column ${column}`, { todo: `These say who somebody is: ${identifying}.` });
    if (!identifies(found)) throw new MillraceError('usage', `${contract.name}.${column} does not say who somebody is`, { todo: `Use one of ${identifying}: every row that has the value goes.` });
    if (value.trim() === '') throw new MillraceError('usage', `${column} is given no value`, { todo: 'Rows without a value belong to nobody in particular.' });
  }
}

function identifies({ kind, pii }: Column): boolean {
  return kind === 'id' || pii !== undefined;
}

/** The rows of bronze in which any of the identifiers stands, as SQL. Personal data stand there as pseudonyms, under the key of their time. */
export async function bronzeCondition(contract: Contract, identifiers: readonly Identifier[], keyIds: readonly string[], keys: PrivacyKeys): Promise<string> {
  const columns = new Map(columnsOf(contract).map(({ name, column }) => [name, column]));
  const known = (await Promise.all(keyIds.map((id) => keys.byId(id)))).filter((key) => key !== undefined);
  const conditions = identifiers.map(({ column, value }) => {
    const { pii, canonical } = columns.get(column) as Column;
    const name = quoteName(column);
    if (pii !== undefined) {
      const pseudonyms = known.map((key) => pseudonymise(pii, value, { id: key.id, secret: key.pseudonyms })).filter((each) => each !== null);
      return pseudonyms.length === 0 ? 'FALSE' : `${name} IN (${pseudonyms.map(quoteText).join(', ')})`;
    }
    if (canonical === 'integer') return `regexp_replace(${name}, '\\.0+$', '') = ${quoteText(value.replace(/\.0+$/, ''))}`;
    return `${name} = ${quoteText(value)}`;
  });
  return conditions.join(' OR ');
}

/** The ids of the keys by which pseudonyms in these columns were made, as SQL over bronze; undefined where none of them is personal. */
export function keyIdsSelect(contract: Contract, identifiers: readonly Identifier[], relation: string): string | undefined {
  const personal = columnsOf(contract).filter(({ name, column }) => column.pii !== undefined && identifiers.some(({ column: each }) => each === name));
  const parts = personal.map(({ name }) => `SELECT DISTINCT split_part(${quoteName(name)}, ':', 1) AS id FROM ${relation} WHERE ${quoteName(name)} IS NOT NULL`);
  return parts.length === 0 ? undefined : parts.join(' UNION ');
}

/** Whether a raw record names the person: one of the values stands in it, not as a part of a longer word or number. */
export function namesPerson(identifiers: readonly Identifier[]): (raw: Uint8Array) => boolean {
  const patterns = identifiers.map(({ value }) => {
    const escaped = value.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+');
    return new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'iu');
  });
  return (raw) => {
    const text = Buffer.from(raw).toString('utf8');
    return patterns.some((pattern) => pattern.test(text));
  };
}

/** What identifies the person, by column: the values as bronze, and what is computed from it, has them. */
export type PersonValues = ReadonlyMap<string, readonly string[]>;

/** Personal data stand as pseudonyms, under each of these keys. */
export async function valuesOf(contract: Contract, identifiers: readonly Identifier[], keyIds: readonly string[], keys: PrivacyKeys): Promise<PersonValues> {
  const columns = new Map(columnsOf(contract).map(({ name, column }) => [name, column]));
  const known = (await Promise.all(keyIds.map((id) => keys.byId(id)))).filter((key) => key !== undefined);
  const values = new Map<string, string[]>();
  for (const { column, value } of identifiers) {
    const { pii, canonical } = columns.get(column) as Column;
    const plain = value.replace(/\.0+$/, '');
    const each = pii !== undefined ? known.map((key) => pseudonymise(pii, value, { id: key.id, secret: key.pseudonyms })).filter((one) => one !== null)
      : canonical === 'integer' ? [plain, `${plain}.0`] : [value];
    values.set(column, [...values.get(column) ?? [], ...each]);
  }
  return values;
}

/** The rows in which any of these columns holds one of the values; undefined where the table has none of them. */
export function valuesCondition(values: PersonValues, columns: readonly string[]): string | undefined {
  const parts = columns.filter((column) => (values.get(column)?.length ?? 0) > 0).map((column) => `CAST(${quoteName(column)} AS VARCHAR) IN (${values.get(column)!.map(quoteText).join(', ')})`);
  return parts.length === 0 ? undefined : parts.join(' OR ');
}
