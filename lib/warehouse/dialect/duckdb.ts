// Writes a query of Athena's dialect for DuckDB.
import { Dialect, transpile } from '@polyglot-sql/sdk';
import { MillraceError } from '../../base/index.ts';
import type { SchemaProvider } from './schema.ts';
import { rewriteTables, type TableReference } from './tables.ts';

export interface DuckDbOptions {
  /** Columns and Athena types of the tables that the query reads. */
  columns: SchemaProvider;
  /** DuckDB's text for a table: `read_parquet([…])`, a view's name, a SELECT in parentheses. */
  relation: (table: TableReference) => string;
  file?: string;
}

/** Statements to run once on each connection before SQL from `toDuckDb`. */
export const DUCKDB_PRELUDE: readonly string[] = Object.freeze(["SET TimeZone = 'UTC'"]);

/** DuckDB SQL with the meaning that the query has in Athena. Parameters must be bound. */
export function toDuckDb(sql: string, options: DuckDbOptions): string {
  const marks: string[] = [];
  const marked = rewriteTables(sql, (table) => {
    marks.push(options.relation(table));
    return `millrace_relation_${marks.length - 1}`;
  }, options.file);
  const result = transpile(marked, Dialect.Trino, Dialect.DuckDB);
  const [text] = result.sql ?? [];
  if (text === undefined) throw new MillraceError('bad_input', result.error ?? 'the SQL does not parse');
  return text.replaceAll(/millrace_relation_(\d+)/g, (_, index: string) => marks[Number(index)] ?? '');
}
