// The few rows of bronze that are read for some days say of these days what all rows say.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { epochMs, id, source, text, typedSelect, type Contract } from '../../lib/contracts/index.ts';
import { DUCKDB_PRELUDE, toDuckDb } from '../../lib/warehouse/dialect/index.ts';
import { narrowedToDays } from '../../lib/warehouse/run/narrow.ts';
import { openDuckDb, rowsOf, textTable } from '../contracts/duckdb.ts';
import { bronzeTypes } from '../contracts/typed-cases.ts';

const base = {
  description: 'Answers.', owner: 'tests', version: '1.0', timeZone: 'America/Sao_Paulo', stream: { partitionKey: 'k' },
  columns: { k: id(), at: epochMs({ min: 0, max: 4_102_444_800_000 }), v: text({ nullable: true }) },
} as const;
const byKey = source('rows', { ...base, key: ['k'] });
const byId = source('rows', { ...base, key: ['k'], duplicates: 'first', eventTime: 'at' });
const DAYS = { ranges: [{ from: '2026-03-02', to: '2026-03-03' }], withoutTime: false };

const row = fc.record({
  k: fc.constantFrom('a', 'b', 'c', 'd'), day: fc.integer({ min: 1, max: 5 }), hour: fc.constantFrom(0, 2, 12, 23), v: fc.constantFrom('x', 'y'), ingested: fc.integer({ min: 1, max: 3 }),
});

it.each<[string, Contract]>([['the last of a key', byKey], ['the first of an id', byId]])('where %s counts', async (_, contract) => {
  const types = bronzeTypes(contract);
  const inside = (bronze: string) => `SELECT k, v, at FROM (${typedSelect(contract).replaceAll('bronze.rows', bronze)}) AS t WHERE t.at__date >= DATE '2026-03-02' AND t.at__date < DATE '2026-03-03' ORDER BY k`;
  const narrowed = narrowedToDays(contract, 'at__date', DAYS, 'bronze.rows');
  expect(narrowed).toBeDefined();
  await fc.assert(fc.asyncProperty(fc.array(row, { maxLength: 12 }), async (rows) => {
    const connection = await openDuckDb();
    for (const statement of DUCKDB_PRELUDE) await connection.run(statement);
    await textTable(connection, 'bronze_text', types.map(({ name }) => name), rows.map(({ k, day, hour, v, ingested }, index) => {
      const of: Record<string, string | null> = {
        k, at: String(Date.UTC(2026, 2, day, hour)), v, _ingested_at: `2026-04-0${ingested} 00:00:00`, _contract_version: '1.0', _stream: 's', _shard: 'shard', _sequence: String(index), _subsequence: '0',
      };
      return types.map(({ name }) => of[name] ?? null);
    }));
    await connection.run(`CREATE TABLE bronze AS SELECT ${types.map(({ name, type }) => `CAST("${name}" AS ${type.replace('(6)', '')}) AS "${name}"`).join(', ')} FROM bronze_text`);
    const run = async (sql: string) => rowsOf(connection, toDuckDb(sql, { columns: () => types, relation: () => 'bronze' }));
    const [all, few] = [await run(inside('bronze.rows')), await run(inside(`(${narrowed!})`))];
    connection.closeSync();
    expect(few).toEqual(all);
  }), { numRuns: 25, seed: 3 });
}, 60_000);
