// SQL in Athena's dialect: read, checked against a list of what is allowed, analysed, and written for DuckDB.
export { parseInsert, parseQuery, type Parsed } from './parse.ts';
export { rewriteTables, tableReferences, tablesRead, type TableReference, type TimeTravel } from './tables.ts';
export { bindParameters, parametersOf } from './parameters.ts';
export type { SchemaProvider } from './schema.ts';
export { toDuckDb, DUCKDB_PRELUDE, type DuckDbOptions } from './duckdb.ts';
