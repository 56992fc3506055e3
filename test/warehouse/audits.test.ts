// Every audit finds the defect that it is for, passes without it, and blocks or warns as the header says.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runModel, type AuditResult } from '../../lib/warehouse/index.ts';
import { Home } from './support/home.ts';
import { model, projectFrom } from './support/project.ts';

let home: Home;
let counter = 0;
beforeAll(async () => { home = await Home.open(); });
afterAll(() => home.close());

/** Results of the audits of a table with these rows. */
async function auditsOf(audits: string, values: string, columns = 'id, amount, day', others: Readonly<Record<string, string>> = {}): Promise<AuditResult[]> {
  counter += 1;
  const name = `silver.t${counter}`;
  const types: Record<string, string> = { id: 'varchar', amount: 'bigint', day: 'date', state: 'varchar', seen_at: 'timestamp(6)' };
  const items = columns.split(', ').map((column) => `CAST(${column} AS ${types[column]}) AS ${column}`).join(', ');
  const project = projectFrom({ ...others, [name]: model(`audits:\n${audits}`, `SELECT ${items} FROM (VALUES ${values}) AS t (${columns})`) });
  for (const other of Object.keys(others)) await runModel(home.context(project), other);
  const outcome = await runModel({ ...home.context(project, { as_of: { type: 'date', value: '2018-01-10' } }), clock: { now: () => Date.UTC(2018, 0, 10, 12), sleep: async () => undefined } }, name);
  if (outcome.status === 'skipped') throw new Error('the model was skipped');
  expect(outcome.status).toBe(outcome.audits.results.some(({ passed, severity }) => !passed && severity === 'block') ? 'audit failed' : 'published');
  return outcome.audits.results;
}

const A = "('a', 1, DATE '2018-01-01')";
const B = "('b', 2, DATE '2018-01-02')";

describe('an audit', () => {
  it.each([
    ['unique', '  - unique: id', `${A}, ${B}`, `${A}, ${A}`, [['a', '2']]],
    ['unique of several columns', '  - unique: [id, amount]', `${A}, ('a', 2, NULL)`, `${A}, ('a', 1, NULL)`, [['a', '1', '2']]],
    ['not_null', '  - not_null: day', `${A}, ${B}`, `${A}, ('b', 2, NULL)`, [['b', '2', null]]],
    ['accepted_values', '  - accepted_values: { column: id, values: [a, b] }', `${A}, (NULL, 1, NULL)`, `${A}, ('c''', 1, NULL)`, [["c'", '1']]],
    ['non_negative', '  - non_negative: amount', `${A}, ('z', 0, NULL)`, `${A}, ('b', -1, NULL)`, [['b', '-1', null]]],
    ['expression', "  - expression: amount < 5 OR id = 'big'", `${A}, ('big', 9, NULL), ('n', NULL, NULL)`, `${A}, ('b', 9, NULL)`, [['b', '9', null]]],
    ['row_count_between', '  - row_count_between: { min: 2, max: 3 }', `${A}, ${B}`, A, [['1']]],
    ['no_gaps', '  - no_gaps: day', `${A}, ${B}`, `${A}, ('c', 1, DATE '2018-01-04')`, [['2018-01-01', '2018-01-04']]],
    ['no_gaps by month', '  - no_gaps: { column: day, grain: month }', `${A}, ('c', 1, DATE '2018-02-27')`, `${A}, ('c', 1, DATE '2018-03-01')`, [['2018-01-01', '2018-03-01']]],
    ['fresh_within', '  - fresh_within: { within: 36h, column: day }', `${A}, ('c', 1, DATE '2018-01-09')`, `${A}, ('c', 1, DATE '2018-01-08')`, [['2018-01-08 00:00:00', String(60 * 3600)]]],
  ])('%s', async (_, audit, good, bad, sample) => {
    expect((await auditsOf(audit, good)).map(({ passed }) => passed)).toEqual([true]);
    const [found] = await auditsOf(audit, bad);
    expect(found).toMatchObject({ passed: false, failures: 1, severity: 'block' });
    expect(found?.sample.rows).toEqual(sample);
  });

  it('relationships finds what points to nothing, and lets NULL pass', async () => {
    const customers = { 'silver.customers': model('', "SELECT 'a' AS id, 'a' AS code") };
    expect((await auditsOf('  - relationships: { column: id, to: silver.customers }', `${A}, (NULL, 1, NULL)`, undefined, customers))[0]).toMatchObject({ passed: true });
    expect((await auditsOf('  - relationships: { column: id, to: silver.customers, field: code }', `${A}, ${B}, ${B}`, undefined, customers))[0])
      .toMatchObject({ passed: false, failures: 1, sample: { columns: ['id', 'occurrences'], rows: [['b', '2']] } });
  });

  it('reconciles compares sums within a tolerance', async () => {
    const orders = { 'silver.orders': model('', "SELECT CAST(3.5 AS decimal(18,4)) AS total, TRUE AS counts") };
    const audit = (more: string) => `  - reconciles: { this: sum(amount), with: silver.orders, sum: sum(total)${more} }`;
    expect((await auditsOf(audit(', tolerance: 0.5, where: counts'), `${A}, ${B}`, undefined, orders))[0]).toMatchObject({ passed: true });
    expect((await auditsOf(audit(''), `${A}, ${B}`, undefined, orders))[0]).toMatchObject({ passed: false, sample: { rows: [['3', '3.5000']] } });
  });

  it('given several columns is one audit each; a warning does not block; all run in one look', async () => {
    const results = await auditsOf('  - not_null: [id, day]\n  - warn: { non_negative: amount }\n  - unique: id', "('a', -1, DATE '2018-01-01')");
    expect(results.map(({ audit, passed, severity }) => `${audit} ${passed} ${severity}`)).toEqual([
      'not_null(id) true block', 'not_null(day) true block', 'non_negative(amount) false warn', 'unique(id) true block',
    ]);
  });

  it('fresh_within without a column looks at the as-of date', async () => {
    expect((await auditsOf('  - warn: { fresh_within: 1d }', A))[0]).toMatchObject({ passed: true });
    expect((await auditsOf('  - warn: { fresh_within: 11h }', A))[0]).toMatchObject({ passed: false });
  });
});

describe('audits of a merge', () => {
  it('see the rows that stay together with the new ones, and refuse a key that is not one', async () => {
    const merge = (values: string) => projectFrom({ 'silver.m': model('kind: merge\nkey: id\naudits:\n  - row_count_between: { max: 2 }', `SELECT id, amount FROM (VALUES ${values}) AS t (id, amount)`) });
    const first = merge("('a', 1), ('b', 2)");
    expect(await runModel(home.context(first), 'silver.m')).toMatchObject({ status: 'published' });
    const twice = merge("('a', 1), ('a', 2)");
    expect(await runModel(home.context(twice), 'silver.m', {})).toMatchObject({ status: 'audit failed', audits: { message: expect.stringContaining('key_is_unique(id): 1 row') as string } });
    const without = merge("(CAST(NULL AS varchar), 1)");
    expect(await runModel(home.context(without), 'silver.m')).toMatchObject({ status: 'audit failed', audits: { message: expect.stringContaining('key_is_there(id)') as string } });
  });

  it('without changes upserts: keys that the SELECT does not give keep their rows, and rows that are the same are not written again', async () => {
    const project = projectFrom({ 'silver.upsert': model('kind: merge\nkey: name', 'SELECT name, sum(amount) AS amount FROM ops.runs GROUP BY name') });
    const table = await home.append('ops.runs', "SELECT * FROM (VALUES ('a', 1::BIGINT), ('b', 2)) AS t(name, amount)");
    await runModel(home.context(project), 'silver.upsert');
    await table.refresh();
    await table.overwrite(await home.write(table, "SELECT * FROM (VALUES ('b', 2::BIGINT), ('c', 3)) AS t(name, amount)"), { all: true });
    expect(await runModel(home.context(project), 'silver.upsert')).toMatchObject({ status: 'published', published: { rowsAdded: 1, rowsTotal: 3 } });
    expect(await home.rows('SELECT * FROM silver.upsert ORDER BY name')).toEqual([['a', 1n], ['b', 2n], ['c', 3n]]);
    await table.refresh();
    await table.overwrite(await home.write(table, "SELECT 'b' AS name, 2::BIGINT AS amount"), { all: true });
    expect(await runModel(home.context(project), 'silver.upsert')).toMatchObject({ status: 'published', published: { rowsAdded: 0, rowsTotal: 3 } });
    expect(await runModel(home.context(project), 'silver.upsert')).toMatchObject({ status: 'skipped' });
  });
});
