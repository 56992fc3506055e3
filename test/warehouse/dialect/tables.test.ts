// The tables that a query reads, exchanged for others; parameters written into the text.
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { MillraceError } from '../../../lib/base/index.ts';
import { bindParameters, parametersOf, rewriteTables, tableReferences } from '../../../lib/warehouse/dialect/index.ts';
import { Duck } from './support/duckdb.ts';

const duck = await Duck.open();
afterAll(() => duck.close());

const namesIn = (sql: string) => [...new Set(tableReferences(sql).map(({ name }) => name))].sort();

describe('tables', () => {
  it('are found in FROM and JOIN at any depth, without common tables, and once', () => {
    const sql = `WITH a AS (SELECT * FROM silver.x), b AS (SELECT * FROM a JOIN silver.y ON true)
      SELECT * FROM b LEFT JOIN gold."z" ON EXISTS (SELECT 1 FROM silver.x AS b) WHERE c IN (SELECT d FROM (SELECT * FROM source.w) AS a)`;
    expect(namesIn(sql)).toEqual(['gold.z', 'silver.x', 'silver.y', 'source.w']);
  });

  it('of a common table are its own only until it has a name', () => {
    expect(namesIn('WITH x AS (SELECT * FROM x) SELECT * FROM x')).toEqual(['x']);
    expect(namesIn('WITH x AS (SELECT 1) SELECT * FROM silver.x')).toEqual(['silver.x']);
  });

  it('have time travel and metadata tables', () => {
    const sql = `SELECT * FROM silver.a FOR VERSION AS OF 9223372036854775807 JOIN silver.b FOR VERSION AS OF 'month-end' AS t ON true
      CROSS JOIN silver.c FOR TIMESTAMP AS OF TIMESTAMP '2026-01-31 10:00:00.5 UTC', "silver"."Orders$snapshots"`;
    expect(tableReferences(sql).map(({ name, metadata, travel }) => ({ name, metadata, travel }))).toEqual([
      { name: 'silver.a', travel: { by: 'snapshot', id: 9223372036854775807n } },
      { name: 'silver.b', travel: { by: 'tag', name: 'month-end' } },
      { name: 'silver.c', travel: { by: 'timestamp', micros: 1_769_853_600_500_000n } },
      { name: 'silver.orders', metadata: 'snapshots' },
    ]);
  });

  it('refuse a time travel to what is no constant', () => {
    expect(() => tableReferences('SELECT * FROM a FOR TIMESTAMP AS OF now()')).toThrow(/wants TIMESTAMP '2026/);
  });

  it('are exchanged in the text, which keeps its lines, comments and the names of columns', () => {
    const sql = 'SELECT orders.a -- from silver.orders\nFROM silver.orders\nJOIN silver.items AS i FOR_NOTHING ON true'.replace(' FOR_NOTHING', '');
    expect(rewriteTables(sql, ({ name }) => (name === 'silver.orders' ? '(SELECT * FROM bronze.orders)' : 'physical.items'))).toBe(
      'SELECT orders.a -- from silver.orders\nFROM (SELECT * FROM bronze.orders) AS "orders"\nJOIN physical.items AS i ON true',
    );
  });

  it('take the time travel with them, and stay where the map says nothing', () => {
    const sql = 'SELECT * FROM silver.a FOR VERSION AS OF 7 x, silver.b';
    expect(rewriteTables(sql, ({ name, travel }) => (travel?.by === 'snapshot' ? `${name}@${travel.id}` : undefined))).toBe('SELECT * FROM silver.a@7 x, silver.b');
  });
});

describe('parameters', () => {
  it('become typed literals, and are left alone in strings and comments', () => {
    const bound = bindParameters("SELECT :as_of, ':as_of' -- :as_of\n, :n, :x, :t", {
      as_of: { type: 'date', value: '2018-10-18' }, n: { type: 'bigint', value: -5n }, x: { type: 'double', value: 0.1 }, t: { type: 'timestamp', value: '2026-01-01T10:00:00' },
    });
    expect(bound).toBe("SELECT DATE '2018-10-18', ':as_of' -- :as_of\n, BIGINT '-5', CAST('0.1' AS DOUBLE), TIMESTAMP '2026-01-01 10:00:00'");
    expect(parametersOf('SELECT :b, :a, :b')).toEqual(['b', 'a']);
  });

  it('are data, never SQL: any text arrives as it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 30 }).filter((text) => !/[\0\uD800-\uDFFF]/.test(text)), async (text) => {
        const { rows } = await duck.answer(bindParameters('SELECT :x', { x: { type: 'varchar', value: text } }));
        expect(rows).toEqual([[text]]);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    [{ type: 'date', value: "2018-10-18' OR 1=1 --" }], [{ type: 'date', value: '2018-02-30' }], [{ type: 'bigint', value: '1; DROP' }], [{ type: 'double', value: 'x' }],
    [{ type: 'timestamp', value: '2018' }],
  ] as const)('refuse a value that is not of its type: %o', (parameter) => {
    expect(() => bindParameters('SELECT :x', { x: parameter })).toThrow(/the parameter :x is no/);
  });

  it('without a value are named, with those that there are', () => {
    const error = (() => {
      try {
        return bindParameters('SELECT\n  :as_off', { as_of: { type: 'date', value: '2018-10-18' } }, 'a.sql');
      } catch (thrown) {
        return thrown as MillraceError;
      }
    })();
    expect(error).toMatchObject({ code: 'not_found', message: 'the parameter :as_off has no value', where: 'a.sql:2:3', todo: 'parameters of this run: :as_of' });
  });
});
