// Files that no row of a query can come from are not opened, and the result is the same as if they were.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { conditionsOf } from '../../lib/warehouse/duckdb/pruning.ts';
import { keyOf } from '../../lib/warehouse/duckdb/tables.ts';
import type { Schema, Table } from '../../lib/lake/index.ts';
import { Home } from './support/home.ts';

let home: Home;
let table: Table;
beforeAll(async () => {
  home = await Home.open();
  for (let part = 0; part < 8; part++) {
    table = await home.append('silver.t', `SELECT (i + ${part * 10})::BIGINT AS id, DATE '2018-01-01' + (i + ${part * 10})::INTEGER AS day, 'k' || (i + ${part * 10}) AS k,
      (i + ${part * 10})::DECIMAL(18,4) AS price, CASE WHEN i < 9 THEN TIMESTAMP '2018-01-01 12:00:00' + to_days((i + ${part * 10})::INTEGER) END AS at FROM range(10) r(i)`);
  }
  await home.append('silver.other', "SELECT i::BIGINT AS id, i % 3 = 0 AS flag FROM range(0, 90, 7) r(i)");
});
afterAll(() => home.close());

const filter = (sql: string, schema: Schema = table.schema) => conditionsOf(sql, keyOf)('silver.t|||', schema);
const filesFor = async (sql: string) => {
  const found = filter(sql);
  return found === undefined ? 8 : (await table.scan({ filter: found })).files.length;
};

describe('a filter on files', () => {
  it.each([
    ["SELECT * FROM silver.t WHERE id = 35", 1], ["SELECT * FROM silver.t WHERE 35 <= id AND id < BIGINT '41'", 2], ["SELECT * FROM silver.t AS x WHERE x.day BETWEEN DATE '2018-01-05' AND DATE '2018-01-12'", 2],
    ["SELECT * FROM silver.t WHERE k IN ('k3', 'k79')", 2], ["SELECT * FROM silver.t WHERE price > 65 AND length(k) = 3", 2], ["SELECT * FROM silver.t WHERE at < DATE '2018-01-03'", 1],
    ["SELECT * FROM silver.t WHERE at < TIMESTAMP '2018-01-03 00:00:00'", 1], ["SELECT * FROM silver.other AS o LEFT JOIN silver.t AS t ON o.id = t.id WHERE t.id = 7", 1],
    ["SELECT * FROM silver.other AS o LEFT JOIN silver.t AS t ON o.id = t.id WHERE o.id = 7", 8], ["SELECT * FROM silver.t WHERE id = 5 OR id = 75", 8], ["SELECT * FROM silver.t WHERE NOT id = 5", 8],
    ["SELECT * FROM (SELECT * FROM silver.t WHERE id = 1) AS a JOIN silver.t AS b ON a.id = b.id", 8], ["SELECT * FROM silver.t AS a JOIN silver.t AS b ON a.id = b.id WHERE a.id = 1 AND b.id = 71", 2],
    ["SELECT * FROM silver.t AS x (a, b, c, d, e) WHERE a = 5", 8],
  ])('%s opens %i files', async (sql, files) => {
    expect(await filesFor(sql)).toBe(files);
  });

  it('never changes a result', async () => {
    const comparison = fc.oneof(
      fc.tuple(fc.constantFrom('=', '<', '<=', '>', '>='), fc.nat(85)).map(([op, value]) => `t.id ${op} ${value}`),
      fc.tuple(fc.constantFrom('=', '<', '>='), fc.nat(85)).map(([op, value]) => `t.day ${op} date_add('day', ${value}, DATE '2018-01-01')`),
      fc.tuple(fc.constantFrom('<', '>='), fc.integer({ min: 1, max: 28 })).map(([op, day]) => `t.at ${op} TIMESTAMP '2018-02-${String(day).padStart(2, '0')} 00:00:00'`),
      fc.array(fc.nat(85), { minLength: 1, maxLength: 3 }).map((values) => `t.k IN (${values.map((value) => `'k${value}'`).join(', ')})`),
      fc.constant('t.at IS NULL'), fc.constant('o.flag'), fc.constant('o.id IS NULL'),
    );
    const join = fc.constantFrom('INNER JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN');
    await fc.assert(fc.asyncProperty(join, fc.array(comparison, { minLength: 1, maxLength: 3 }), async (kind, conditions) => {
      const select = (from: string) => `SELECT t.id, o.id FROM ${from} AS t ${kind} silver.other AS o ON t.id = o.id WHERE ${conditions.join(' AND ')} ORDER BY 1 NULLS LAST, 2 NULLS LAST`;
      expect(await home.rows(select('silver.t'))).toEqual(await home.rows(select('(SELECT * FROM silver.t)')));
    }), { numRuns: 60 });
  });
});
