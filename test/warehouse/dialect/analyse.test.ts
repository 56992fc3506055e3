// What is known of a query before it runs: the types and sources of its columns, and what is wrong with it.
import { describe as suite, expect, it } from 'vitest';
import { MillraceError } from '../../../lib/base/index.ts';
import { analyse, check, describe, toDuckDb, type SchemaProvider } from '../../../lib/warehouse/dialect/index.ts';

const COLUMNS: Record<string, { name: string; type: string }[]> = {
  'silver.orders': [
    { name: 'order_id', type: 'varchar' }, { name: 'customer_id', type: 'varchar' }, { name: 'purchase_date', type: 'date' }, { name: 'total', type: 'decimal(18,4)' },
    { name: 'items', type: 'bigint' }, { name: '_ingested_at', type: 'timestamp(6)' },
  ],
  'silver.customers': [{ name: 'customer_id', type: 'varchar' }, { name: 'city', type: 'varchar' }],
};
const columns: SchemaProvider = ({ name }) => COLUMNS[name];
const options = { columns, file: 'sql/gold/x.sql' };

function problem(sql: string): { code: string; message: string; where: string | undefined; todo: string | undefined } {
  try {
    analyse(sql, options);
  } catch (error) {
    if (error instanceof MillraceError) return { code: error.code, message: error.message, where: error.where, todo: error.todo };
    throw error;
  }
  return { code: 'none', message: '', where: undefined, todo: undefined };
}

const from = (sql: string) =>
  Object.fromEntries(analyse(sql, options).columns.map((column) => [column.name, column.from.map((each) => `${each.table}.${each.column}`).join(' ')]));

suite('columns', () => {
  it('have the names and types that Athena gives them', () => {
    expect(describe(`SELECT o.order_id, total * items AS amount, avg(total) OVER () AS mean, count(*) OVER (), items / 2 AS half, sum(total) OVER () / 3, purchase_date + INTERVAL '1' DAY AS next,
      CAST(NULL AS timestamp(6)) AS "When", 'x' || city AS c FROM silver.orders AS o LEFT JOIN silver.customers USING (customer_id)`, options)).toEqual([
      { name: 'order_id', type: 'varchar' }, { name: 'amount', type: 'decimal(37,4)' }, { name: 'mean', type: 'decimal(18,4)' }, { name: '_col3', type: 'bigint' },
      { name: 'half', type: 'bigint' }, { name: '_col5', type: 'decimal(38,4)' }, { name: 'next', type: 'date' }, { name: 'when', type: 'timestamp(6)' }, { name: 'c', type: 'varchar' },
    ]);
  });

  it('of * are all but hidden ones, those of USING once and first', () => {
    expect(describe('SELECT * FROM silver.orders JOIN silver.customers USING (customer_id)', options).map(({ name }) => name))
      .toEqual(['customer_id', 'order_id', 'purchase_date', 'total', 'items', '_ingested_at', 'city']);
  });

  it('are known of parameters that have no value yet', () => {
    expect(describe("SELECT date_diff('day', purchase_date, :as_of) AS days, :shop_currency AS currency FROM silver.orders", options))
      .toEqual([{ name: 'days', type: 'bigint' }, { name: 'currency', type: 'varchar' }]);
  });

  it('include the file of a row where it is asked for', () => {
    expect(describe('SELECT "$path" FROM silver.orders', options)).toEqual([{ name: '$path', type: 'varchar' }]);
  });
});

suite('lineage', () => {
  it('goes through expressions, common tables, subqueries, windows, unions and CASE, and not through WHERE and ON', () => {
    expect(from(`WITH spent AS (SELECT customer_id AS who, sum(total) AS amount FROM silver.orders WHERE purchase_date < :as_of GROUP BY customer_id)
      SELECT c.city, s.amount, s.amount / nullif(items.n, 0) AS each, rank() OVER (ORDER BY s.amount) AS place, 1 AS one
      FROM silver.customers AS c LEFT JOIN spent AS s ON s.who = c.customer_id
      CROSS JOIN (SELECT count(*) AS n FROM silver.orders) AS items`)).toEqual({
      city: 'silver.customers.city', amount: 'silver.orders.total', each: 'silver.orders.* silver.orders.total', place: 'silver.orders.total', one: '',
    });
    expect(from('SELECT order_id AS k FROM silver.orders UNION ALL SELECT city FROM silver.customers')).toEqual({ k: 'silver.customers.city silver.orders.order_id' });
    expect(from('SELECT (SELECT max(city) FROM silver.customers AS c WHERE c.customer_id = o.customer_id) AS x FROM silver.orders AS o')).toEqual({ x: 'silver.customers.city' });
    expect(from('SELECT CASE WHEN total > 0 THEN items END AS x FROM silver.orders')).toEqual({ x: 'silver.orders.items silver.orders.total' });
  });

  it('tells all columns that are used anywhere', () => {
    const { uses } = analyse('SELECT o.order_id FROM silver.orders AS o JOIN silver.customers AS c ON c.customer_id = o.customer_id WHERE o.total > 0 ORDER BY c.city', options);
    expect(uses.map(({ table, column }) => `${table}.${column}`)).toEqual([
      'silver.customers.city', 'silver.customers.customer_id', 'silver.orders.customer_id', 'silver.orders.order_id', 'silver.orders.total',
    ]);
  });
});

suite('a mistake', () => {
  it.each([
    ['SELECT nothing FROM silver.orders', 'bad_input', 'there is no column nothing'],
    ['SELECT customer_id FROM silver.orders, silver.customers', 'bad_input', 'customer_id is a column of more than one table'],
    ['SELECT x.city FROM silver.customers AS c', 'bad_input', 'there is no column x.city'],
    ['SELECT * FROM silver.oders', 'not_found', 'there is no table silver.oders'],
    ["SELECT 1 FROM silver.orders WHERE purchase_date > '2018-01-01'", 'unsupported', 'date > varchar cannot be compared'],
    ['SELECT total + order_id FROM silver.orders', 'unsupported', 'decimal(18,4) + varchar is not possible'],
    ['SELECT length(items) FROM silver.orders', 'unsupported', 'length(bigint) is not allowed'],
    ['SELECT city, count(*) FROM silver.customers', 'bad_input', 'city is neither grouped by nor inside an aggregate'],
    ['SELECT city AS c, count(*) FROM silver.customers GROUP BY c', 'bad_input', 'there is no column c'],
    ['SELECT count(*) AS n FROM silver.orders WHERE n > 1', 'bad_input', 'there is no column n'],
    ['SELECT order_id FROM silver.orders WHERE count(*) > 1', 'bad_input', 'count cannot stand here'],
    ['SELECT sum(max(total)) FROM silver.orders', 'bad_input', 'max inside of another aggregate'],
    ['SELECT order_id FROM silver.orders UNION SELECT items FROM silver.orders', 'bad_input', 'column 1 of the UNION is varchar on one side and bigint on the other'],
    ['SELECT order_id FROM silver.orders UNION SELECT city, city FROM silver.customers', 'bad_input', 'UNION of 1 columns and 2 columns'],
    ['SELECT CASE WHEN items THEN 1 END FROM silver.orders', 'bad_input', 'WHEN wants boolean, not bigint'],
    ['SELECT order_id FROM silver.orders ORDER BY 2', 'bad_input', 'there is no column 2 to order by'],
    ['SELECT DISTINCT order_id FROM silver.orders ORDER BY total', 'bad_input', 'SELECT DISTINCT is ordered by what it selects only'],
    ['SELECT rank() FROM silver.orders', 'bad_input', 'rank wants OVER'],
    ['SELECT items / 0 FROM silver.orders', 'unsupported', 'this divides by zero'],
    ['SELECT CAST(1e0 AS varchar)', 'unsupported', 'a cast from double to varchar is not allowed'],
    ['SELECT regexp_like(city, order_id) FROM silver.orders JOIN silver.customers ON true', 'unsupported', 'regexp_like(varchar, varchar) is not allowed'],
    ["SELECT regexp_like(city, '(?i)a') FROM silver.customers", 'unsupported', 'the engines read this regular expression differently'],
    ["SELECT with_timezone(_ingested_at, city) FROM silver.orders JOIN silver.customers ON true", 'unsupported', 'is not allowed'],
  ])('%s', (sql, code, part) => {
    expect(problem(sql)).toMatchObject({ code });
    expect(problem(sql).message).toContain(part);
    expect(problem(sql).where).toMatch(/^sql\/gold\/x\.sql:1:\d+$/);
  });

  it('points at its place in the file', () => {
    expect(problem('SELECT\n  order_id,\n  totl\nFROM silver.orders')).toMatchObject({
      where: 'sql/gold/x.sql:3:3',
      message: 'there is no column totl, at line 3, column 3\n  totl\n  ^^^^',
      todo: 'columns are order_id, customer_id, purchase_date, total, items, _ingested_at',
    });
  });
});

suite('the allow-list', () => {
  const refusals = (sql: string, purpose: 'models' | 'queries' = 'models') => check(sql, { file: 'a.sql', purpose }).map(({ message, where }) => `${where} ${message.split('\n')[0]}`);

  it('finds everything at once, by name and line', () => {
    expect(refusals('SELECT foo(a),\n  CAST(b AS json),\n  transform(c, x -> x + 1)\nFROM t')).toEqual([
      'a.sql:1:8 the function foo is not part of the SQL that is allowed, at line 1, column 8',
      'a.sql:2:13 the type json is not part of the SQL that is allowed, at line 2, column 13',
      'a.sql:3:3 the function transform is not part of the SQL that is allowed, at line 3, column 3',
      'a.sql:3:16 a function as a value (x -> …) is not part of the SQL that is allowed, at line 3, column 16',
    ]);
  });

  it.each(['SELECT current_date', 'SELECT now()', 'SELECT random()', 'SELECT any_value(a) FROM t', 'SELECT array_agg(a) FROM t', 'SELECT a FROM t LIMIT 1',
    'SELECT row_number() OVER (PARTITION BY a) FROM t', 'SELECT approx_distinct(a) FROM t'])('refuses in a model what may differ from run to run: %s', (sql) => {
    expect(refusals(sql)).toHaveLength(1);
    expect(refusals(sql, 'queries')).toEqual([]);
  });

  it('says what to do instead', () => {
    expect(check('SELECT approx_percentile(a, 0.5) FROM t')[0]?.todo).toContain('row_number()');
    expect(check('SELECT nvl(a, 1) FROM t')[0]?.todo).toBe('use coalesce');
  });

  it('gives the error of SQL that does not parse', () => {
    expect(check('SELECT FROM')).toHaveLength(1);
  });
});

suite('tables', () => {
  it('stand in DuckDB for what the caller says, time travel included', () => {
    const sql = toDuckDb('SELECT order_id FROM silver.orders FOR VERSION AS OF 7', { columns, relation: ({ name, travel }) => `read_parquet('${name}-${travel?.by === 'snapshot' ? travel.id : ''}')` });
    expect(sql).toBe('SELECT "orders_1"."order_id" AS "order_id" FROM read_parquet(\'silver.orders-7\') AS "orders_1"');
  });
});
