// SQL in Athena's dialect: read, checked against a list of what is allowed, analysed, and written for DuckDB.
export { parseQuery, type Parsed } from './parse.ts';
export { rewriteTables, tableReferences, type TableReference, type TimeTravel } from './tables.ts';
export { bindParameters, parametersOf } from './parameters.ts';
export type { SchemaProvider } from './schema.ts';
export { analyse, describe, toDuckDb, type Analysis, type ColumnReference, type CompileOptions, type OutputLineage } from './duckdb.ts';
export { check, type Purpose } from './check.ts';
export { DUCKDB_PRELUDE } from './prelude.ts';
export { quoteName, quoteString } from './literals.ts';
