// How many accepted rows the typed relation leaves out, and by which named rule: what the ledger needs to reconcile bronze with silver.
import { columnsOf } from '../source.ts';
import type { Contract } from '../types.ts';
import { keyColumns, latestFirst, list, partitionOf, repeatedKeys, STREAM_ORIGIN, typedColumns, typedFrom } from './select.ts';

/**
 * A SELECT of one row over bronze, in Athena's dialect: `accepted` rows, of which `kept` are in `typedSelect`, and of the others
 * `exact_duplicate` equal the row that was kept in every column of the contract, `superseded` share its key only, and `redelivered` are the same
 * record of a stream delivered again. accepted = kept + exact_duplicate + superseded + redelivered.
 */
export function dropCountsSelect(contract: Contract): string {
  const accepted = `SELECT count(*) AS "accepted" FROM bronze.${contract.name}`;
  const parts = [duplicates(contract), redeliveries(contract)].filter((part) => part !== undefined);
  const [exact, superseded, redelivered] = [
    contract.duplicates === 'none' ? NONE : 'd."exact_duplicate"', contract.duplicates === 'key' ? 'd."superseded"' : NONE, redeliveredIsApart(contract) ? 's."redelivered"' : NONE,
  ];
  return `SELECT a."accepted", a."accepted" - ${exact} - ${superseded} - ${redelivered} AS "kept", ${exact} AS "exact_duplicate", ${superseded} AS "superseded", `
    + `${redelivered} AS "redelivered" FROM (${accepted}) AS a${parts.map((part) => ` CROSS JOIN ${part}`).join('')}`;
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
  const keys = keyColumns(contract);
  const from = `${typedFrom(contract)} AS b`;
  const names = keys.map(({ name }) => `"${name}"`);
  const window = `OVER (PARTITION BY ${names.map((name) => `r.${name}`).join(', ')} ORDER BY ${latestFirst(contract).map((each) => `r.${each}`).join(', ')})`;
  const others = columnsOf(contract).map(({ name }) => name).filter((name) => !contract.key.includes(name));
  const kept = others.map((name, at) => `first_value(r."${name}") ${window} AS "kept_${at}"`);
  const repeated = `(${repeatedKeys(keys, `${typedFrom(contract, contract.key)} AS b`)}) AS k ON ${names.map((name) => `r.${name} = k.${name}`).join(' AND ')}`;
  const ranked = `SELECT ${[...others.map((name) => `r."${name}"`), ...kept, `row_number() ${window} AS "rank_"`].join(', ')} FROM (SELECT ${list(typedColumns(contract))} FROM ${from}) AS r JOIN ${repeated}`;
  const equal = others.map((name, at) => `"${name}" IS NOT DISTINCT FROM "kept_${at}"`).join(' AND ') || 'true';
  return `(SELECT coalesce(sum(CASE WHEN ${equal} THEN 1 ELSE 0 END), 0) AS "exact_duplicate", coalesce(sum(CASE WHEN ${equal} THEN 0 ELSE 1 END), 0) AS "superseded" `
    + `FROM (${ranked}) AS ranked WHERE "rank_" > 1) AS d`;
}

/** With a key, a record that is delivered again is an exact duplicate like any other. */
function redeliveredIsApart(contract: Contract): boolean {
  return contract.stream !== undefined && contract.duplicates === 'none';
}

function redeliveries(contract: Contract): string | undefined {
  if (!redeliveredIsApart(contract)) return undefined;
  const position = STREAM_ORIGIN.map(({ name }) => `"${name}"`).join(', ');
  return `(SELECT coalesce(sum("rows" - 1), 0) AS "redelivered" FROM (SELECT count(*) AS "rows" FROM bronze.${contract.name} WHERE "_sequence" IS NOT NULL GROUP BY ${position} HAVING count(*) > 1) AS g) AS s`;
}
