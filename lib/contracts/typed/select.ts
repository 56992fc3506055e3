// The typed relation of a source (`source.orders`): bronze with types, without the rows that the contract calls duplicates.
import { columnsOf } from '../source.ts';
import type { Contract } from '../types.ts';
import { offsetColumns, typedColumnsOf, wallColumns, type HelperColumn, type TypedColumn } from './expressions.ts';
import { rowHashSql } from './identity.ts';

/** Where a row came from; behind the typed columns in every typed relation. */
const ORIGIN = [
  { name: '_file', type: 'varchar' }, { name: '_file_id', type: 'varchar' }, { name: '_row', type: 'bigint' }, { name: '_ingested_at', type: 'timestamp(6)' },
];
const STREAM_ORIGIN = ['_stream', '_shard', '_sequence', '_subsequence'].map((name) => ({ name, type: 'varchar' }));
const POSITION = STREAM_ORIGIN.map(({ name }) => name);

/**
 * What the expressions of typed columns are over: bronze, of a stream each record once however often it was delivered, and beside its columns
 * what times are made from. `only` names the columns that are asked for; default all.
 */
export function typedFrom(contract: Contract, only?: readonly string[]): string {
  const names = [...columnsOf(contract).filter(({ name }) => only === undefined || only.includes(name)), ...originOf(contract)].map(({ name }) => `"${name}"`).join(', ');
  return withHelpers(contract, contract.stream === undefined ? `bronze.${contract.name}` : `(${deliveredOnce(contract, names)})`, only);
}

/** The same of every row of bronze, records that were delivered again included. */
export function everyRowFrom(contract: Contract, only?: readonly string[]): string {
  return withHelpers(contract, `bronze.${contract.name}`, only);
}

function withHelpers(contract: Contract, rows: string, only: readonly string[] | undefined): string {
  const columns = columnsOf(contract).filter(({ name }) => only === undefined || only.includes(name));
  const offsets = columns.flatMap(({ name, column }) => offsetColumns(name, column));
  if (offsets.length === 0) return rows;
  const names = [...columns, ...originOf(contract)].map(({ name }) => `"${name}"`).join(', ');
  const walls = columns.flatMap(({ name, column }) => wallColumns(name, column));
  const helpers = (of: readonly HelperColumn[]) => of.map(({ name, sql }) => `${sql} AS "${name}"`).join(', ');
  return `(SELECT ${names}, ${helpers(walls)} FROM (SELECT ${names}, ${helpers(offsets)} FROM ${rows}${contract.stream === undefined ? '' : ' AS d'}) AS o)`;
}

/** Rows of files, and of a stream's records each the first that was delivered. Who is sure of that are the records whose position is there once. */
function deliveredOnce({ name }: Contract, columns: string): string {
  const again = `(${positionsAgain(name)}) AS again ON ${POSITION.map((each) => `again."${each}" = r."${each}"`).join(' AND ')}`;
  const qualified = columns.split(', ').map((each) => `r.${each}`).join(', ');
  const ranked = `SELECT ${qualified}, row_number() OVER (PARTITION BY ${POSITION.map((each) => `r."${each}"`).join(', ')} ORDER BY r."_ingested_at") AS "_delivery" FROM bronze.${name} AS r JOIN ${again}`;
  return `SELECT ${qualified} FROM bronze.${name} AS r LEFT JOIN ${again} WHERE again."_sequence" IS NULL`
    + ` UNION ALL SELECT ${columns} FROM (${ranked}) AS delivered WHERE "_delivery" = 1`;
}

/** The positions of records that were delivered more than once, and how often. */
export function positionsAgain(name: string): string {
  const position = POSITION.map((each) => `"${each}"`).join(', ');
  return `SELECT ${position}, count(*) AS "deliveries" FROM bronze.${name} WHERE "_sequence" IS NOT NULL GROUP BY ${position} HAVING count(*) > 1`;
}

/** The columns of the typed relation, in its order; `qualifier` (`b.`) goes before each column of `typedFrom`. */
export function typedColumns(contract: Contract, qualifier = ''): TypedColumn[] {
  return [
    ...columnsOf(contract).flatMap(({ name, column }) => typedColumnsOf(contract, name, column, qualifier).map((typed) => identified(contract, typed, qualifier))),
    ...originOf(contract).map(({ name, type }) => ({ name, type, nullable: true, sql: `${qualifier}"${name}"` })),
  ];
}

function originOf(contract: Contract): typeof ORIGIN {
  return contract.stream === undefined ? ORIGIN : [...ORIGIN, ...STREAM_ORIGIN];
}

/** An id that the producer left out is the row's hash. */
function identified(contract: Contract, typed: TypedColumn, qualifier: string): TypedColumn {
  if (contract.duplicates !== 'first' || typed.name !== contract.key[0]) return typed;
  return { ...typed, nullable: false, sql: `coalesce(${typed.sql}, ${rowHashSql(contract, qualifier)})` };
}

/**
 * The SELECT that stands for `source.<name>`, in Athena's dialect over `bronze.<name>`.
 *
 * Records of a stream that were delivered again (same stream, shard, sequence and subsequence) are left out first. Then `duplicates: 'key'`
 * keeps the last row a key by (`_ingested_at`, `_file_id`, `_row`, position); `'first'` the first of an id by event time, then in that order;
 * `'row'` the first of rows that are equal in all columns; `'none'` every row.
 */
export function typedSelect(contract: Contract): string {
  const from = `${typedFrom(contract)} AS b`;
  switch (contract.duplicates) {
    case 'none':
      return `SELECT ${list(typedColumns(contract))} FROM ${from}`;
    case 'row':
      return firstOfEach(contract, from, partitionOf(contract), latestFirst(contract));
    case 'key':
      return contract.stream === undefined ? withoutDropped(contract, from) : onceEach(contract);
    case 'first':
      return onceEach(contract);
  }
}

/**
 * Most keys occur once, in bronze as it is: those rows are passed on as they come. Only of the others are a record's deliveries told apart, which
 * all have its key, and then its rows ranked; both windows are dear over whole rows. Looking for those keys reads no other column.
 */
function onceEach(contract: Contract): string {
  const columns = typedColumns(contract).map(({ name }) => `"${name}"`);
  const key = `"${contract.key[0]}"`;
  const rank = `row_number() OVER (PARTITION BY ${contract.key.map((name) => `r."${name}"`).join(', ')} ORDER BY ${latestFirst(contract, 'r.').join(', ')})`;
  return `WITH again AS (${keysAgain(contract)}) `
    + `SELECT ${columns.map((name) => `r.${name}`).join(', ')} FROM ${typedRows(contract)} AS r LEFT JOIN again ON ${sameKey(contract)} WHERE again.${key} IS NULL `
    + `UNION ALL SELECT ${columns.join(', ')} FROM (SELECT r.*, ${rank} AS "_rank" FROM ${rowsAgain(contract)} AS r) AS ranked WHERE "_rank" = 1`;
}

function typedRows(contract: Contract): string {
  return `(SELECT ${list(typedColumns(contract))} FROM ${everyRowFrom(contract)} AS b)`;
}

function sameKey({ key }: Contract): string {
  return key.map((name) => `again."${name}" = r."${name}"`).join(' AND ');
}

/** The keys of more than one row of bronze, whether another row has them or the same record again. */
export function keysAgain(contract: Contract): string {
  return repeatedKeys(keyColumns(contract), `${everyRowFrom(contract)} AS b`);
}

/** The typed rows of the keys in `again`, each record once. */
export function rowsAgain(contract: Contract): string {
  const rows = `${typedRows(contract)} AS r JOIN again ON ${sameKey(contract)}`;
  const columns = typedColumns(contract).map(({ name }) => `r."${name}"`).join(', ');
  if (contract.stream === undefined) return `(SELECT ${columns} FROM ${rows})`;
  const delivery = `row_number() OVER (PARTITION BY ${[...contract.key, ...POSITION].map((name) => `r."${name}"`).join(', ')} ORDER BY r."_ingested_at")`;
  return `(SELECT ${columns} FROM (SELECT ${columns}, ${delivery} AS "_delivery" FROM ${rows}) AS r WHERE r."_delivery" = 1 OR r."_sequence" IS NULL)`;
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
  return contract.key.map((name) => identified(contract, typedColumnsOf(contract, name, columns.get(name)!, qualifier)[0]!, qualifier));
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

/** Which of the same rows is kept comes first: by key the last that came, by row the first, by id the first that happened. */
export function latestFirst(contract: Contract, qualifier = ''): string[] {
  const direction = contract.duplicates === 'key' ? ' DESC' : '';
  const names = [...(contract.duplicates === 'first' ? [contract.eventTime!] : []), '_ingested_at', '_file_id', '_row'];
  // A sequence is a decimal number too long for a type: the longer, the greater.
  const position = ['_stream', '_shard', '_sequence', '_subsequence'].flatMap((name) => [
    ...(name.endsWith('sequence') ? [`length(${qualifier}"${name}")`] : []), `${qualifier}"${name}"`,
  ]);
  return [...names.map((name) => `${qualifier}"${name}"`), ...(contract.stream === undefined ? [] : position)].map((each) => `${each}${direction}`);
}

/** `expression AS "name"`, or just the name where that is the expression. */
export function list(columns: readonly TypedColumn[]): string {
  return columns.map(({ name, sql }) => (sql === `"${name}"` ? sql : `${sql} AS "${name}"`)).join(', ');
}
