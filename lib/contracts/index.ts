// Contracts: what a source is, and everything derived from it.
export type * from './types.ts';
export { boolean, date, decimal, epochMs, id, integer, money, text, timestamp } from './columns.ts';
export { columnsOf, source, tableName, type SourceDeclaration } from './source.ts';
export { checkContract, SYSTEM_COLUMNS } from './check.ts';
export { loadContracts, type Contracts } from './load.ts';
export { bronzeColumns, BRONZE_PARTITIONING } from './derive/bronze.ts';
export { typedColumns, typedSelect } from './typed/select.ts';
export { latestDateSelect } from './typed/latest.ts';
export type { TypedColumn } from './typed/expressions.ts';
