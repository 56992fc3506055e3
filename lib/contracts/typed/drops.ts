// How many accepted rows the typed relation leaves out, and by which named rule: what the ledger needs to reconcile bronze with silver.
import { columnsOf } from '../source.ts';
import type { Contract } from '../types.ts';
import { keysAgain, latestFirst, partitionOf, positionsAgain, rowsAgain, typedColumns, typedFrom } from './select.ts';

/**
 * A SELECT of one row over bronze, in Athena's dialect: `accepted` rows, of which `kept` are in `typedSelect`. The others are each counted once:
 * `redelivered` is a stream's record that was delivered again; then `exact_duplicate` equals the row that was kept in every column of the
 * contract, `superseded` shares its key only, `duplicate_id` its id. accepted = kept + all of these.
 */
export function dropCountsSelect(contract: Contract): string {
  const parts = [`(SELECT count(*) AS "accepted" FROM bronze.${contract.name}) AS a`, duplicates(contract), redeliveries(contract)].filter((part) => part !== undefined);
  const dropped = {
    exact_duplicate: contract.duplicates === 'key' || contract.duplicates === 'row' ? 'd."exact_duplicate"' : NONE,
    superseded: contract.duplicates === 'key' ? 'd."superseded"' : NONE,
    duplicate_id: contract.duplicates === 'first' ? 'd."duplicate_id"' : NONE,
    redelivered: contract.stream === undefined ? NONE : 's."redelivered"',
  };
  return `SELECT a."accepted", a."accepted" - ${Object.values(dropped).join(' - ')} AS "kept", ${Object.entries(dropped).map(([rule, sql]) => `${sql} AS "${rule}"`).join(', ')} FROM ${parts.join(' CROSS JOIN ')}`;
}

const NONE = 'CAST(0 AS bigint)';

function duplicates(contract: Contract): string | undefined {
  if (contract.duplicates === 'none') return undefined;
  if (contract.duplicates === 'row') {
    // Equal rows are counted by their groups: all of a group but one are left out.
    const columns = typedColumns(contract).filter(({ name }) => partitionOf(contract).includes(name));
    const groups = `SELECT count(*) AS "rows" FROM ${typedFrom(contract)} AS b GROUP BY ${columns.map(({ sql }) => sql).join(', ')} HAVING count(*) > 1`;
    return `(SELECT coalesce(sum("rows" - 1), 0) AS "exact_duplicate" FROM (${groups}) AS g) AS d`;
  }
  const names = contract.key.map((name) => `"${name}"`);
  const rowsOnce = `FROM ${rowsAgain(contract)} AS r`;
  if (contract.duplicates === 'first') {
    const groups = `SELECT count(*) AS "rows" ${rowsOnce} GROUP BY ${names.join(', ')} HAVING count(*) > 1`;
    return `(WITH again AS (${keysAgain(contract)}) SELECT coalesce(sum("rows" - 1), 0) AS "duplicate_id" FROM (${groups}) AS g) AS d`;
  }
  const window = `OVER (PARTITION BY ${names.map((name) => `r.${name}`).join(', ')} ORDER BY ${latestFirst(contract, 'r.').join(', ')})`;
  const others = columnsOf(contract).map(({ name }) => name).filter((name) => !contract.key.includes(name));
  const kept = others.map((name, at) => `first_value(r."${name}") ${window} AS "kept_${at}"`);
  const ranked = `SELECT ${[...others.map((name) => `r."${name}"`), ...kept, `row_number() ${window} AS "rank_"`].join(', ')} ${rowsOnce}`;
  const equal = others.map((name, at) => `"${name}" IS NOT DISTINCT FROM "kept_${at}"`).join(' AND ') || 'true';
  return `(WITH again AS (${keysAgain(contract)}) SELECT coalesce(sum(CASE WHEN ${equal} THEN 1 ELSE 0 END), 0) AS "exact_duplicate", coalesce(sum(CASE WHEN ${equal} THEN 0 ELSE 1 END), 0) AS "superseded" `
    + `FROM (${ranked}) AS ranked WHERE "rank_" > 1) AS d`;
}

function redeliveries(contract: Contract): string | undefined {
  if (contract.stream === undefined) return undefined;
  return `(SELECT coalesce(sum("deliveries" - 1), 0) AS "redelivered" FROM (${positionsAgain(contract.name)}) AS p) AS s`;
}
