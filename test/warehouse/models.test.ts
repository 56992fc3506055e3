// What a user notices of loading models: mistakes named with file, line and remedy; the order; the selection.
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { id, source } from '../../lib/contracts/index.ts';
import { buildGraph, loadModels, selectModels } from '../../lib/warehouse/index.ts';
import { nearNames } from '../../lib/warehouse/models/near.ts';

const contracts = new Map([['orders', source('orders', {
  description: 'Orders.', owner: 'shop', version: '1.0', timeZone: 'UTC', key: ['order_id'], columns: { order_id: id() },
})]]);

const AUDITS = { 'audits/unique.sql': '/*\ndescription: Copies.\nparameters:\n  columns: { type: columns, description: The key. }\n*/\nSELECT {{columns}} FROM {{model}} GROUP BY {{columns}} HAVING count(*) > 1\n' };
const header = (more = '') => `/*\ndescription: A table.\nowner: shop\n${more}*/\n`;

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function load(files: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-models-'));
  folders.push(folder);
  for (const [path, text] of Object.entries({ ...AUDITS, ...files })) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return loadModels(folder, contracts);
}

const problemsOf = async (files: Record<string, string>) => {
  const error = await load(files).then(() => undefined, (thrown: { message: string; where?: string; todo?: string }) => thrown);
  return `${error?.where} ${error?.message} (${error?.todo})`.replaceAll(/\S*\/(?=[a-z_]+\.sql:)/g, '');
};

describe('a project that is loaded again', () => {
  it('is the same while its files are, and another one as soon as a file or a contract is', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-models-'));
    folders.push(folder);
    await mkdir(join(folder, 'silver'));
    const write = (name: string, sql: string) => writeFile(join(folder, 'silver', `${name}.sql`), header() + sql);
    const [system, again] = [{}, () => loadModels(folder, new Map(contracts), system)];
    await write('orders', 'SELECT order_id FROM source.orders');
    const first = await again();
    expect(await again()).toBe(first);
    await write('orders', 'SELECT order_id AS id FROM source.orders');
    expect((await again()).analyses.get('silver.orders')?.columns.map(({ name }) => name)).toEqual(['id']);
    await write('more', 'SELECT id FROM silver.orders');
    expect([...(await again()).models.keys()]).toEqual(['silver.orders', 'silver.more']);
    await rm(join(folder, 'silver/more.sql'));
    expect([...(await again()).models.keys()]).toEqual(['silver.orders']);
    await expect(loadModels(folder, new Map(), system)).rejects.toMatchObject({ code: 'bad_input' });
    expect([...(await again()).models.keys()]).toEqual(['silver.orders']);
  });
});

describe('a header', () => {
  it('is read whole, with audits and their severity', async () => {
    const { models } = await load({
      'silver/orders.sql': header('kind: merge\nkey: order_id\npartition_by: [bucket(4, order_id)]\naudits:\n  - unique: order_id\n  - warn: { unique: [order_id, order_id] }\ncolumns:\n  order_id: The id.\npii: []\n')
        + 'SELECT order_id FROM source.orders',
    });
    expect(models.get('silver.orders')).toMatchObject({
      layer: 'silver', kind: 'merge', key: ['order_id'], partitionBy: ['bucket(4,order_id)'], owner: 'shop', lookback: 0, columns: { order_id: 'The id.' },
      relations: ['source.orders'], reads: ['bronze.orders'],
      audits: [{ audit: 'unique', severity: 'block', args: { columns: 'order_id' } }, { audit: 'unique', severity: 'warn', args: { columns: ['order_id', 'order_id'] } }],
    });
  });

  it.each([
    ['an unknown key, with the nearest', header('kee: order_id\n'), 'a.sql:4 the header has an unknown key \'kee\' (did you mean key?)'],
    ['no owner', '/*\ndescription: A table.\n*/\n', 'a.sql:2 the header has no owner'],
    ['no header', '', 'a.sql:1 the file has no header'],
    ['an unknown kind', header('kind: apend\n'), "a.sql:4 kind 'apend' is unknown (did you mean append?)"],
    ['an unknown audit', header('audits:\n  - uniqe: order_id\n'), "a.sql:5 there is no audit 'uniqe' (did you mean unique?)"],
    ['an audit without what it needs', header('audits:\n  - unique\n'), 'a.sql:4 audit unique lacks its columns (The key.)'],
    ['an argument that the audit does not know', header('audits:\n  - unique: { column: a }\n'), "a.sql:5: audit unique has no parameter 'column' (did you mean columns?)"],
    ['a column that the SELECT does not give', header('columns:\n  order: The order.\n'), 'a.sql:5 columns names a column order, which the SELECT does not give'],
    ['an audit of a column that is not there', header('audits:\n  - unique: order\n'), 'a.sql:4 the audit unique(order) does not fit the table'],
    ['a merge without a key', header('kind: merge\n'), 'a.sql:4 a merge needs a key'],
    ['a partitioning that is none', header('partition_by: week(a)\n'), "a.sql:4 'week(a)' is no partitioning"],
    ['bad YAML', '/*\ndescription: [\n*/\n', 'a.sql:'],
    ['a source that is not declared', header('accounts:\n  order: count(*)\n'), 'a.sql:5 there is no source order (did you mean orders?)'],
  ])('is refused for %s', async (_, text, message) => {
    expect(await problemsOf({ 'silver/a.sql': `${text}SELECT order_id FROM source.orders` })).toContain(message);
  });

  it('reports all problems of all files at once', async () => {
    const message = await problemsOf({ 'silver/a.sql': 'SELECT 1 AS a', 'silver/b.sql': `${header('kind: x\n')}SELECT 1 AS b` });
    expect(message).toMatch(/a\.sql:1[\s\S]*b\.sql:4: kind 'x' is unknown/);
  });
});

describe('a model that would not give the same again', () => {
  it.each([
    ['the clock', 'SELECT current_date AS a', 'the function current_date in a model'],
    ['the clock as a function', 'SELECT now() AS a', 'the function now in a model'],
    ['chance', 'SELECT random() AS a', 'the function random in a model'],
    ['any row', 'SELECT any_value(order_id) AS a FROM source.orders', 'the function any_value in a model'],
    ['an estimate', 'SELECT approx_distinct(order_id) AS a FROM source.orders', 'the function approx_distinct in a model'],
    ['a list in no order', 'SELECT array_agg(order_id) AS a FROM source.orders', 'array_agg without ORDER BY in a model'],
    ['numbers in no order', 'SELECT row_number() OVER () AS a FROM source.orders', 'row_number without ORDER BY in a model'],
    ['some rows of many', 'SELECT order_id AS a FROM source.orders LIMIT 5', 'LIMIT without ORDER BY in a model'],
    ['what is hidden in a common table', 'WITH x AS (SELECT now() AS t) SELECT count(*) AS a FROM x', 'the function now in a model'],
  ])('is refused for %s, with file and line', async (_, sql, message) => {
    expect(await problemsOf({ 'gold/a.sql': `${header()}\n${sql}` })).toContain(`a.sql:6 ${message} is not part of the SQL that is allowed`);
  });

  it('is refused for an audit that asks the clock, too', async () => {
    const audit = '/*\ndescription: Late.\nparameters:\n  column: { type: column, description: The time. }\n*/\nSELECT * FROM {{model}} WHERE {{column}} > current_timestamp\n';
    const files = { 'audits/in_the_past.sql': audit, 'gold/a.sql': `${header('audits:\n  - in_the_past: order_id\n')}SELECT order_id FROM source.orders` };
    expect(await problemsOf(files)).toContain('a.sql:4 the audit in_the_past(order_id) does not fit the table: the function current_timestamp in a model');
  });
});

describe('the graph', () => {
  it('orders models by what FROM and JOIN read', async () => {
    const { graph } = await load({
      'gold/c.sql': `${header()}SELECT a.order_id FROM silver.a AS a JOIN silver.b AS b ON a.order_id = b.order_id`,
      'silver/a.sql': `${header()}SELECT order_id FROM source.orders`,
      'silver/b.sql': `${header()}WITH a AS (SELECT order_id FROM silver.a) SELECT order_id FROM a`,
    });
    expect(graph.levels).toEqual([['silver.a'], ['silver.b'], ['gold.c']]);
    expect([...graph.upstream('gold.c')].sort()).toEqual(['silver.a', 'silver.b']);
    expect([...graph.downstream('silver.a')].sort()).toEqual(['gold.c', 'silver.b']);
  });

  it('names the circle', async () => {
    expect(await problemsOf({
      'silver/a.sql': `${header()}SELECT x FROM silver.b`, 'silver/b.sql': `${header()}SELECT x FROM silver.a`,
    })).toContain('silver.a → silver.b → silver.a');
  });

  it('names file, line and the nearest for a table that nothing makes', async () => {
    expect(await problemsOf({ 'silver/a.sql': `${header()}SELECT order_id\nFROM source.ordrs` })).toContain('a.sql:6 there is no table source.ordrs (did you mean source.orders');
  });

  it('runs every model after all that it needs, whatever the graph', () => {
    const acyclic = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 20 })
      .map((all) => new Map(all.map((needs, index) => [`t${index}`, index === 0 ? [] : needs.map((need) => `t${need % index}`)])));
    fc.assert(fc.property(acyclic, (needs) => {
      const built = buildGraph(needs);
      if (!built.ok) throw new Error('a cycle was found where there is none');
      const at = new Map(built.graph.order.map((name, index) => [name, index]));
      for (const [name, all] of needs) for (const need of all) expect(at.get(need)).toBeLessThan(at.get(name) ?? -1);
      expect(built.graph.order).toHaveLength(needs.size);
    }));
  });
});

describe('a selection', () => {
  const built = buildGraph(new Map([['silver.a', []], ['silver.b', ['silver.a']], ['gold.c', ['silver.b']], ['gold.d', ['silver.a']]]));
  const graph = built.ok ? built.graph : undefined;
  it.each([
    [[], ['silver.a', 'gold.d', 'silver.b', 'gold.c']],
    [['silver.b'], ['silver.b']],
    [['+silver.b'], ['silver.a', 'silver.b']],
    [['silver.b+'], ['silver.b', 'gold.c']],
    [['+silver.b+'], ['silver.a', 'silver.b', 'gold.c']],
    [['silver.*'], ['silver.a', 'silver.b']],
    [['gold.d,gold.c'], ['gold.d', 'gold.c']],
  ])('%j gives %j', (terms, expected) => {
    expect(selectModels(graph!, terms)).toEqual(expected);
  });

  it('of a model that is not there names the nearest', () => {
    expect(() => selectModels(graph!, ['gold.cc'])).toThrow("no model is called 'gold.cc'");
    expect(nearNames('gold.customer_metric', ['gold.customer_metrics', 'silver.orders'])).toEqual(['gold.customer_metrics']);
  });
});
