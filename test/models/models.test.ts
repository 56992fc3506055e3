// Every table under sql/ does what the cases beside it say, on DuckDB.
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { config } from '../../millrace.config.ts';
import { loadContracts } from '../../lib/contracts/index.ts';
import { loadModels, loadModelTests, Relations, runModelTest } from '../../lib/warehouse/index.ts';
import { Home } from '../warehouse/support/home.ts';

const ROOT = join(import.meta.dirname, '../..');

const home = await Home.open();
const project = await loadModels(join(ROOT, 'sql'), await loadContracts(join(ROOT, 'contracts')));
const tests = await loadModelTests(join(ROOT, 'sql'), project);
const relations = new Relations(project, home.lake);
afterAll(() => home.close());

describe.each([...project.models.keys()])('%s', (name) => {
  it.each(tests.filter(({ model }) => model === name).map((test) => [test.name, test] as const))('%s', async (_, test) => {
    const result = await runModelTest(test, { project, engine: home.engine, relations, shop: config.shop });
    expect(result.passed ? '' : result.difference).toBe('');
  });

  it('describes every column that it has, in their order', async () => {
    const columns = await relations.columnsOf(name);
    expect(Object.keys(project.models.get(name)?.columns ?? {})).toEqual(columns.map((column) => column.name));
  });
});
