// The tables of the operation are tables like all others: their columns are known before the first row, and told to the lake's letter.
import { expect, it } from 'vitest';
import { SYSTEM_TABLES } from '../../lib/batch/index.ts';
import { lineageOf, projectOf } from '../../lib/warehouse/index.ts';

const file = (name: string, sql: string) => ({ layer: 'gold', name, path: `sql/gold/${name}.sql`, text: `/*\ndescription: A table.\nowner: tests\n*/\n${sql}` });

it('lets a model read them, column by column, with lineage', () => {
  const project = projectOf([file('failures', "SELECT run_id, ended_at FROM ops.runs WHERE status = 'failed'")], new Map(), SYSTEM_TABLES);
  expect(project.analyses.get('gold.failures')?.columns).toMatchObject([{ name: 'run_id', type: 'varchar' }, { name: 'ended_at', type: 'timestamp(6)' }]);
  expect(lineageOf(project, 'ops.runs', 'ended_at')).toMatchObject([{ type: 'timestamp(6)', to: [{ table: 'gold.failures', column: 'ended_at' }] }]);
});

it('refuses a column that they do not have, when the models are loaded', () => {
  expect(() => projectOf([file('failures', 'SELECT reson FROM bronze.rejected')], new Map(), SYSTEM_TABLES)).toThrow(/reson/);
});

it('names the nearest where a table of the operation is misspelled', () => {
  const load = () => projectOf([file('failures', 'SELECT run_id FROM ops.run')], new Map(), SYSTEM_TABLES);
  expect(load).toThrow(expect.objectContaining({ todo: expect.stringContaining('ops.runs') as string }) as Error);
});
