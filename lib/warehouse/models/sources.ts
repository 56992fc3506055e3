// `source.<name>`: what a source says, typed and without duplicates, as a SELECT over its bronze table.
import { MillraceError } from '../../base/index.ts';
import { typedColumns, typedSelect, type Contract } from '../../contracts/index.ts';
import { quoteString, rewriteTables } from '../dialect/index.ts';
import type { ResultColumn } from '../types.ts';
import { didYouMean } from './near.ts';

const typed = new WeakMap<Contract, string>();

/** Of a source that declares one: the currency of its money, in every row. */
export const CURRENCY_COLUMN = '_currency';

/** The columns of `source.<name>`, in order. */
export function typedSourceColumns(contract: Contract): ResultColumn[] {
  const columns = typedColumns(contract).map(({ name, type }) => ({ name, type }));
  return contract.currency === undefined ? columns : [...columns, { name: CURRENCY_COLUMN, type: 'varchar' }];
}

/** The typed SELECT of a contract, made once. */
export function typedSourceSql(contract: Contract): string {
  const known = typed.get(contract);
  if (known !== undefined) return known;
  const { currency } = contract;
  const rows = typedSelect(contract);
  const sql = currency === undefined ? rows : `SELECT t.*, CAST(${quoteString(currency)} AS varchar) AS ${CURRENCY_COLUMN} FROM (${rows}) AS t`;
  typed.set(contract, sql);
  return sql;
}

/**
 * Writes out every `source.<name>` of a query as a SELECT over `bronze.<name>`; names in `keep` stay as they are.
 * Throws `not_found` for a source that no contract declares.
 */
export function expandSources(sql: string, sources: ReadonlyMap<string, Contract>, keep: ReadonlySet<string> = new Set(), file?: string): string {
  if (!/\bsource\b/i.test(sql)) return sql;
  return rewriteTables(sql, (table) => {
    if (!table.name.startsWith('source.') || keep.has(table.name)) return undefined;
    const name = table.name.slice('source.'.length);
    const contract = sources.get(name);
    if (contract === undefined) {
      throw new MillraceError('not_found', `there is no source ${name}`, { where: file, todo: didYouMean(name, sources.keys()) ?? 'add a contract of that name' });
    }
    if (table.travel !== undefined) {
      throw new MillraceError('unsupported', `a source has no history of its own: ${table.text}`, { where: file, todo: `Ask bronze.${name} for it.` });
    }
    return `(${typedSourceSql(contract)})`;
  }, file);
}
