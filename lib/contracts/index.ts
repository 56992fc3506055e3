// Contracts: what a source is, and everything derived from it.
export type * from './types.ts';
export { boolean, date, decimal, epochMs, id, integer, money, text, timestamp } from './columns.ts';
export { columnsOf, source, tableName, type SourceDeclaration } from './source.ts';
export { checkContract, SYSTEM_COLUMNS } from './check.ts';
export { loadContracts, type Contracts } from './load.ts';
export { bronzeColumns, BRONZE_PARTITIONING } from './derive/bronze.ts';
export { typedColumns, typedSelect } from './typed/select.ts';
export { dropCountsSelect } from './typed/drops.ts';
export { latestDateSelect } from './typed/latest.ts';
export type { TypedColumn } from './typed/expressions.ts';
export { validationPlan, type ColumnPlan, type RulePlan, type ValidationPlan } from './validate/plan.ts';
export { failuresOf } from './validate/reasons.ts';
export { failuresSql, validationSql } from './validate/sql.ts';
export { compileValidator, type CheckedRow, type RawRecord, type RowValidator } from './validate/row.ts';
export { textOf, type TextOrNull } from './validate/text.ts';
