// The typed relation: the same values on DuckDB as a live Trino gave, and the same as our own reading of the text.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { columnsOf, typedColumns, typedSelect } from '../../lib/contracts/index.ts';
import { microsecondsOfIso } from '../../lib/contracts/values/times.ts';
import { DUCKDB_PRELUDE, toDuckDb } from '../../lib/warehouse/dialect/index.ts';
import { openDuckDb, rowsOf, textTable } from './duckdb.ts';
import { asText, bronzeRows, bronzeTypes, TYPED_CASES, type TypedCase } from './typed-cases.ts';

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, 'recorded/typed.json'), 'utf8')) as Record<string, { sql: string; rows: (string | null)[][] }>;

async function onDuckDb(typedCase: TypedCase): Promise<unknown[][]> {
  const { contract } = typedCase;
  const types = bronzeTypes(contract);
  const connection = await openDuckDb();
  for (const statement of DUCKDB_PRELUDE) await connection.run(statement);
  await textTable(connection, 'bronze_text', types.map(({ name }) => name), bronzeRows(typedCase));
  await connection.run(`CREATE TABLE bronze AS SELECT ${types.map(({ name, type }) => `CAST("${name}" AS ${type.replace('(6)', '')}) AS "${name}"`).join(', ')} FROM bronze_text`);
  const sql = toDuckDb(asText(typedSelect(contract), typedColumns(contract)), { columns: () => types, relation: () => 'bronze' });
  const rows = await rowsOf(connection, sql);
  connection.closeSync();
  return rows;
}

describe('the typed relation', () => {
  it.each(TYPED_CASES.map((typedCase) => [typedCase.contract.name, typedCase] as const))('of %s is on DuckDB what Trino gave', async (name, typedCase) => {
    expect(typedSelect(typedCase.contract), 'the SQL has changed: record it again with record-typed.ts').toBe(recorded[name]!.sql);
    expect(await onDuckDb(typedCase)).toEqual(recorded[name]!.rows);
  });

  it.each(TYPED_CASES.filter(({ contract }) => contract.columns['at'] !== undefined).map(({ contract, rows }) => [contract.name, contract, rows] as const))('of %s has the instants that our own reading gives', (name, contract, rows) => {
    const at = columnsOf(contract).findIndex((column) => column.name === 'at');
    const expected = rows.map((row) => {
      const micros = microsecondsOfIso(row[at]!, contract.timeZone);
      const year10000 = micros >= 253_402_300_800_000_000n;
      return year10000 ? undefined : `${new Date(Number(micros / 1000n)).toISOString().slice(0, 19).replace('T', ' ')}.${String(((micros % 1_000_000n) + 1_000_000n) % 1_000_000n).padStart(6, '0')}`;
    });
    const seen = recorded[name]!.rows.map((row) => row[0]);
    expect(expected.map((each, row) => each ?? seen[row])).toEqual(seen);
  });
});
