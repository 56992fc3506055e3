// What a query gives and reads, and its text for DuckDB.
import type { ResultColumn } from '../types.ts';
import { compile } from './compile/queries.ts';
import { Context, type CompileOptions } from './compile/context.ts';
import { queryOf } from './parse.ts';
import type { Origin } from './types/expression.ts';
import { nameOfType } from './types/types.ts';

export type { CompileOptions } from './compile/context.ts';

/** A column of a table; `*` where the number of its rows counts, as in `count(*)`. */
export interface ColumnReference { table: string; column: string }

export interface OutputLineage extends ResultColumn {
  /** The columns that its value is computed from, sorted. Conditions and keys of joins are not among them. */
  from: readonly ColumnReference[];
}

export interface Analysis {
  /** DuckDB SQL with the meaning that the query has in Athena. */
  sql: string;
  /** Names and Athena types of the result, and where each comes from. */
  columns: readonly OutputLineage[];
  /** All columns of tables that the query uses anywhere, conditions included; sorted. */
  uses: readonly ColumnReference[];
}

/**
 * Reads, resolves, types and translates a query. Parameters must be bound for a query that is to run.
 * Throws bad_input for what does not parse or does not make sense (unknown columns, types that do not fit), not_found for a table that is
 * not there, unsupported for what is not allowed; each with its place.
 */
export function analyse(sql: string, options: CompileOptions): Analysis {
  const context = new Context(sql, options);
  const { sql: text, columns } = compile(context, queryOf(sql, options.file));
  return {
    sql: text,
    columns: columns.map(({ name, type, from }) => ({ name, type: nameOfType(type), from: references(from) })),
    uses: references(context.used),
  };
}

/** DuckDB SQL with the meaning that the query has in Athena. Run DUCKDB_PRELUDE on the connection before. */
export function toDuckDb(sql: string, options: CompileOptions): string {
  return analyse(sql, options).sql;
}

/** Names and Athena types of a query's columns, without running it. */
export function describe(sql: string, options: CompileOptions): ResultColumn[] {
  return analyse(sql, options).columns.map(({ name, type }) => ({ name, type }));
}

function references(origins: Iterable<Origin>): ColumnReference[] {
  return [...origins].sort().map((origin) => {
    const [table = '', column = ''] = origin.split('\t');
    return { table, column };
  });
}
