// The training set of every predictor is understood by a live Trino, and has there what its declaration asks for; a sampled one has the same rows. MILLRACE_TRINO names a server that runs
// already, as http://127.0.0.1:18080; else one is started.
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { datesSelect, loadContracts } from '../../lib/contracts/index.ts';
import { loadFeatures } from '../../lib/features/index.ts';
import { AT_TIME, loadPredictors, readDataset, sampleOf, trainingSql } from '../../lib/learning/index.ts';
import { tablesAsTheyStood } from '../../lib/local/learning/as-it-stood.ts';
import { loadModels, Relations, type Parameters } from '../../lib/warehouse/index.ts';
import { conversionOf, rowsOf, VISITED, visited } from '../local/learning/visits.ts';
import { Home } from '../warehouse/support/home.ts';
import { trinoClient } from './support/trino-client.ts';
import { trinoOfFile } from './support/trino-of-file.ts';

const ROOT = join(import.meta.dirname, '../..');
const ANY: Parameters = {
  as_of: { type: 'date', value: '2018-10-18' }, shop_currency: { type: 'varchar', value: 'BRL' }, shop_time_zone: { type: 'varchar', value: 'UTC' },
};

const trino = trinoClient(trinoOfFile());

describe('training sets on Trino', async () => {
  const home = await Home.open();
  afterAll(() => home.close());
  const contracts = await loadContracts(join(ROOT, 'contracts'));
  const project = await loadModels(join(ROOT, 'sql'), contracts);
  const relations = new Relations(project, home.lake);
  const features = await loadFeatures(join(ROOT, 'features'), contracts);
  const predictors = await loadPredictors(join(ROOT, 'predictors'));

  /** The tables that a statement reads, without a row. */
  const emptyTables = async (sql: string): Promise<Record<string, string>> => {
    const read = [...new Set([...sql.matchAll(/\b(bronze|silver|gold)\.[a-z_]+\b/g)].map(([name]) => name))];
    return Object.fromEntries(await Promise.all(read.map(async (name) => {
      const columns = await relations.columnsOf(name);
      return [name, `SELECT ${columns.map((column) => `CAST(NULL AS ${column.type}) AS "${column.name}"`).join(', ')} WHERE FALSE`] as const;
    })));
  };

  it.each([...predictors.values()].map((predictor) => [predictor.name, predictor] as const))('%s', async (_, predictor) => {
    const sql = trainingSql(predictor, features);
    const overlays = await emptyTables(sql);
    const { columns } = await trino.query(sql, { overlays, parameters: ANY });
    const types = new Map(columns.map(({ name, type }) => [name, type]));
    for (const entity of predictor.entities) expect(types.get(entity), entity).toMatch(/^varchar/);
    expect(types.get(AT_TIME)).toMatch(/^timestamp/);
    for (const name of [...predictor.features, ...(predictor.label === undefined ? [] : [predictor.label])]) expect(types.get(name), name).toMatch(/^(double|bigint|integer|smallint|decimal|boolean|timestamp|date)/);
  });

  it('of a part of the visitors, read in parts, have the rows and features there that they have here', async () => {
    const { predictor, features: views } = await conversionOf({ most: 1000, seed: 1 });
    const [here, there] = await Promise.all([home.engine, trino].map(async (engine) => {
      const sampled = await sampleOf(visited(engine), predictor, { parameters: VISITED });
      return { sampled, rows: rowsOf(await readDataset(visited(engine), predictor, views, VISITED, undefined, {}, { ...sampled, rows: 80_000 })) };
    }));
    expect(here!.rows.length).toBeGreaterThan(500);
    expect(there).toEqual(here);
  }, 300_000);

  it('the tables behind them, as a shop that ends has them, each by a statement of its own, with the columns that they have otherwise', async () => {
    const cut = Date.parse('2018-06-01T00:00:00Z');
    const all = [...predictors.values()].flatMap((predictor) => tablesAsTheyStood(trainingSql(predictor, features), project, cut, predictor.knownAhead === undefined ? {} : { knownAhead: predictor.knownAhead }).tables);
    const tables = new Map(all.map(({ name, sql }) => [name, sql]));
    expect(tables.size).toBeGreaterThan(15);
    for (const [name, sql] of tables) {
      const { columns } = await trino.query(`SELECT * FROM (${sql}) AS stood WHERE FALSE`, { overlays: await emptyTables(sql), parameters: ANY });
      expect([name, columns.map((column) => column.name)]).toEqual([name, (await relations.columnsOf(name)).map((column) => column.name)]);
    }
  }, 300_000);

  it('the dates on which something happened, by which the end of a history is found', async () => {
    const selects = [...contracts.values()].flatMap((contract) => datesSelect(contract) ?? []);
    expect(selects.length).toBeGreaterThan(5);
    const { columns, rows } = await trino.query(`SELECT DISTINCT active_date FROM (${selects.join(' UNION ALL ')}) AS dates WHERE active_date IS NOT NULL ORDER BY active_date`, { overlays: await emptyTables(selects.join('\n')) });
    expect([columns, rows]).toEqual([[{ name: 'active_date', type: 'date' }], []]);
  });
});
