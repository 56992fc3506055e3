// The typed relation of a source (`source.orders`): bronze with types, without the rows that the contract calls duplicates.
import { columnsOf } from '../source.ts';
import type { Contract } from '../types.ts';
import { offsetColumns, typedColumnsOf, wallColumns, type HelperColumn, type TypedColumn } from './expressions.ts';

/** Where a row came from; behind the typed columns in every typed relation. */
const ORIGIN = [
  { name: '_file', type: 'varchar' }, { name: '_file_id', type: 'varchar' }, { name: '_row', type: 'bigint' }, { name: '_ingested_at', type: 'timestamp(6)' },
];
export const STREAM_ORIGIN = ['_stream', '_shard', '_sequence', '_subsequence'].map((name) => ({ name, type: 'varchar' }));

/**
 * What the expressions of typed columns are over: bronze, and beside its columns what times are made from. `only` names the columns that are
 * asked for; default all.
 */
export function typedFrom(contract: Contract, only?: readonly string[]): string {
  const columns = columnsOf(contract).filter(({ name }) => only === undefined || only.includes(name));
  const offsets = columns.flatMap(({ name, column }) => offsetColumns(name, column));
  if (offsets.length === 0) return `bronze.${contract.name}`;
  const walls = columns.flatMap(({ name, column }) => wallColumns(name, column));
  const names = [...columns, ...(contract.stream === undefined ? ORIGIN : [...ORIGIN, ...STREAM_ORIGIN])].map(({ name }) => `"${name}"`).join(', ');
  const helpers = (of: readonly HelperColumn[]) => of.map(({ name, sql }) => `${sql} AS "${name}"`).join(', ');
  return `(SELECT ${names}, ${helpers(walls)} FROM (SELECT ${names}, ${helpers(offsets)} FROM bronze.${contract.name}) AS o)`;
}

/** The columns of the typed relation, in its order; `qualifier` (`b.`) goes before each column of `typedFrom`. */
export function typedColumns(contract: Contract, qualifier = ''): TypedColumn[] {
  const origin = contract.stream === undefined ? ORIGIN : [...ORIGIN, ...STREAM_ORIGIN];
  return [
    ...columnsOf(contract).flatMap(({ name, column }) => typedColumnsOf(contract, name, column, qualifier)),
    ...origin.map(({ name, type }) => ({ name, type, nullable: true, sql: `${qualifier}"${name}"` })),
  ];
}

/**
 * The SELECT that stands for `source.<name>`, in Athena's dialect over `bronze.<name>`.
 *
 * `duplicates: 'key'` keeps the last row a key by (`_ingested_at`, `_file_id`, `_row`); `'row'` the first of rows that are equal in all
 * columns; `'none'` every row. Redeliveries of a stream's record (same stream, shard, sequence and subsequence) are left out in any case.
 */
export function typedSelect(contract: Contract): string {
  const from = `${typedFrom(contract)} AS b`;
  if (contract.duplicates === 'key' && contract.stream === undefined) return withoutDropped(contract, from);
  if (contract.duplicates !== 'none') return firstOfEach(contract, from, partitionOf(contract), latestFirst(contract));
  if (contract.stream === undefined) return `SELECT ${list(typedColumns(contract))} FROM ${from}`;
  return `${typedWhere(contract, from, '"_sequence" IS NULL')} UNION ALL ${firstOfEach(contract, `${from} WHERE "_sequence" IS NOT NULL`, STREAM_ORIGIN.map(({ name }) => name), ['"_ingested_at"'])}`;
}

/**
 * Looking for keys that occur twice needs the key columns only, and mostly finds few. So the window, which is dear over whole rows,
 * ranks only the rows of those keys, and what it finds is taken out of a plain scan.
 */
function withoutDropped(contract: Contract, from: string): string {
  const keys = keyColumns(contract);
  const keysFrom = `${typedFrom(contract, contract.key)} AS b`;
  const names = keys.map(({ name }) => `"${name}"`);
  const same = names.map((name) => `r.${name} = k.${name}`).join(' AND ');
  const ranked = `SELECT r."_file_id", r."_row", row_number() OVER (PARTITION BY ${names.map((name) => `r.${name}`).join(', ')} `
    + `ORDER BY r."_ingested_at" DESC, r."_file_id" DESC, r."_row" DESC) AS "_rank" `
    + `FROM (SELECT ${list(keys)}, "_file_id", "_row", "_ingested_at" FROM ${keysFrom}) AS r JOIN (${repeatedKeys(keys, keysFrom)}) AS k ON ${same}`;
  return `SELECT ${list(typedColumns(contract, 'b.'))} FROM ${from} `
    + `LEFT JOIN (SELECT "_file_id", "_row" FROM (${ranked}) AS ranked WHERE "_rank" > 1) AS d ON d."_file_id" = b."_file_id" AND d."_row" = b."_row" `
    + 'WHERE d."_row" IS NULL';
}

/** The keys that occur more than once. */
export function repeatedKeys(keys: readonly TypedColumn[], from: string): string {
  return `SELECT ${list(keys)} FROM ${from} GROUP BY ${keys.map((_, at) => at + 1).join(', ')} HAVING count(*) > 1`;
}

/** The typed columns of a contract's key. */
export function keyColumns(contract: Contract, qualifier = ''): TypedColumn[] {
  const columns = new Map(columnsOf(contract).map(({ name, column }) => [name, column]));
  return contract.key.map((name) => typedColumnsOf(contract, name, columns.get(name)!, qualifier)[0]!);
}

function firstOfEach(contract: Contract, from: string, partition: readonly string[], order: readonly string[]): string {
  const columns = typedColumns(contract);
  const names = columns.map(({ name }) => `"${name}"`).join(', ');
  return `SELECT ${names} FROM (SELECT ${names}, row_number() OVER (PARTITION BY ${partition.map((name) => `"${name}"`).join(', ')} ORDER BY ${order.join(', ')}) AS "_rank" `
    + `FROM (SELECT ${list(columns)} FROM ${from}) AS t) AS ranked WHERE "_rank" = 1`;
}

/** The columns by which rows are the same: the key, or all columns of the contract. */
export function partitionOf(contract: Contract): string[] {
  return contract.duplicates === 'key' ? [...contract.key] : columnsOf(contract).map(({ name }) => name);
}

/** Which of the same rows is kept comes first: by key the last that came, by row the first. */
export function latestFirst(contract: Contract): string[] {
  const direction = contract.duplicates === 'key' ? ' DESC' : '';
  const origin = ['_ingested_at', '_file_id', '_row', ...(contract.stream === undefined ? [] : STREAM_ORIGIN.map(({ name }) => name))];
  return origin.map((name) => `"${name}"${direction}`);
}

function typedWhere(contract: Contract, from: string, condition: string): string {
  return `SELECT ${list(typedColumns(contract))} FROM ${from} WHERE ${condition}`;
}

/** `expression AS "name"`, or just the name where that is the expression. */
export function list(columns: readonly TypedColumn[]): string {
  return columns.map(({ name, sql }) => (sql === `"${name}"` ? sql : `${sql} AS "${name}"`)).join(', ');
}
