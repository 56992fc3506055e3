// The part of the lake that moves rows: writing, reading and rewriting data files with DuckDB.
export { Database, Session, type DatabaseOptions, type QueryOptions } from './database.ts';
export type { SqlRow, SqlValue } from './result.ts';
export { columnsOf, tableColumnsFor, type SelectColumn } from './columns.ts';
export { duckType, quoteName, quoteText, valueLiteral } from './sql-text.ts';
export { writeRows, type WriteOptions } from './write.ts';
export { scanSql, type ScanSource, type ScanSqlOptions } from './scan.ts';
export { publishTo, type StageOptions } from './stage.ts';
export { predicateSql } from './predicate.ts';
export { deleteRows, overwriteRows, updateRows, type RowChangeOptions, type RowFilter } from './rows.ts';
export { mergeRows, type MergeOptions } from './merge.ts';
export type { RewriteResult } from './attempt.ts';
export { compactTable, type CompactOptions, type CompactResult } from './compact.ts';
export { verifyRows, type VerifyRowsOptions, type VerifyRowsResult } from './verify.ts';
