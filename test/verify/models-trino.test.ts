// The cases beside every table give the same rows on a live Trino as on DuckDB. MILLRACE_TRINO names a server that runs already, as
// http://127.0.0.1:18080; else one is started.
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { config } from '../../millrace.config.ts';
import { loadContracts } from '../../lib/contracts/index.ts';
import {
  expandSources, loadModels, loadModelTests, Relations, runModelTest, type Parameters, type ResultColumn,
} from '../../lib/warehouse/index.ts';
import { Home } from '../warehouse/support/home.ts';
import { trinoClient } from './support/trino-client.ts';
import { trinoOfFile } from './support/trino-of-file.ts';

const ROOT = join(import.meta.dirname, '../..');

const trino = trinoClient(trinoOfFile());

const ANY: Parameters = {
  as_of: { type: 'date', value: '2018-10-18' }, shop_currency: { type: 'varchar', value: 'BRL' }, shop_time_zone: { type: 'varchar', value: 'UTC' },
};

describe('models on Trino', async () => {
  const home = await Home.open();
  afterAll(() => home.close());
  const project = await loadModels(join(ROOT, 'sql'), await loadContracts(join(ROOT, 'contracts')));
  const relations = new Relations(project, home.lake);
  const tests = await loadModelTests(join(ROOT, 'sql'), project);

  describe.each([...project.models.values()].map((model) => [model.name, model] as const))('%s', (name, model) => {
    it.each(tests.filter((test) => test.model === name).map((test) => [test.name, test] as const))('%s', async (_, test) => {
      const result = await runModelTest(test, { project, engine: trino, relations, shop: config.shop });
      expect(result.passed ? '' : result.difference).toBe('');
    });

    it('has the columns and types there that it has here, its sources written out', async () => {
      const empty = async (relation: string) =>
        `SELECT ${(await relations.columnsOf(relation)).map((column) => `CAST(NULL AS ${column.type}) AS "${column.name}"`).join(', ')} WHERE FALSE`;
      const overlays = Object.fromEntries(await Promise.all(model.reads.map(async (relation) => [relation, await empty(relation)] as const)));
      const { columns } = await trino.query(expandSources(model.sql, project.sources, new Set(), model.file), { overlays, parameters: ANY });
      const types = (all: readonly ResultColumn[]) => all.map((column) => `${column.name} ${column.type.replace(/varchar\(\d+\)/, 'varchar')}`);
      expect(types(columns)).toEqual(types(await relations.columnsOf(name)));
    });
  });
});
