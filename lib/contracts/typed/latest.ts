// The latest business date of a source: what a run's default as-of date is counted from.
import { columnsOf } from '../source.ts';
import type { Contract } from '../types.ts';
import { typedColumnsOf } from './expressions.ts';
import { typedFrom } from './select.ts';

/** A SELECT of one row and one column, `latest` (date, NULL without rows), over bronze; undefined where the contract declares no event time. */
export function latestDateSelect(contract: Contract): string | undefined {
  const name = contract.eventTime;
  const column = columnsOf(contract).find((each) => each.name === name)?.column;
  if (name === undefined || column === undefined) return undefined;
  const date = typedColumnsOf(contract, name, column).find(({ type }) => type === 'date')!.sql;
  if (column.kind !== 'epoch_ms') return `SELECT max(${date}) AS "latest" FROM ${typedFrom(contract, [name])} AS b`;
  // The greatest number is the latest time: one conversion instead of one a row.
  return `SELECT ${date} AS "latest" FROM (SELECT CAST(max(CAST("${name}" AS bigint)) AS varchar) AS "${name}" FROM bronze.${contract.name}) AS b`;
}

/** A SELECT of the dates on which something happened, `active_date`, each once, over bronze; undefined where the contract declares no event time. */
export function datesSelect(contract: Contract): string | undefined {
  const name = contract.eventTime;
  const column = columnsOf(contract).find((each) => each.name === name)?.column;
  if (name === undefined || column === undefined) return undefined;
  const date = typedColumnsOf(contract, name, column).find(({ type }) => type === 'date')!.sql;
  return `SELECT DISTINCT ${date} AS "active_date" FROM ${typedFrom(contract, [name])} AS b`;
}
