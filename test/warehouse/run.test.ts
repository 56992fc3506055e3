// What a user notices of running models: right rows, skipped runs, audits that block, changes of columns, runs that were killed.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { auditModel, discardLeftovers, planModel, prepareModel, publishModel, runModel, type PreparedModel } from '../../lib/warehouse/index.ts';
import { Home } from './support/home.ts';
import { model, projectFrom } from './support/project.ts';

let home: Home;
beforeEach(async () => { home = await Home.open(); });
afterEach(() => home.close());

const TOTALS = 'SELECT name, sum(amount) AS total FROM ops.files GROUP BY name';
const totals = (header = '', sql = TOTALS) => projectFrom({ 'silver.totals': model(header, sql) });
const input = (values: string) => home.append('ops.files', `SELECT name, amount::BIGINT AS amount FROM (VALUES ${values}) AS t(name, amount)`);
const rows = () => home.rows('SELECT * FROM silver.totals ORDER BY 1');
const json = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

describe('a run', () => {
  it('publishes, skips while nothing changes, and runs again when the input does', async () => {
    await input("('a', 1), ('b', 2)");
    expect(await runModel(home.context(totals()), 'silver.totals')).toMatchObject({ status: 'published', plan: { reason: 'the table is new' }, published: { rowsTotal: 2 } });
    expect(await runModel(home.context(totals()), 'silver.totals')).toMatchObject({ status: 'skipped', plan: { reason: 'nothing that it depends on has changed' } });
    await input("('a', 5)");
    expect(await runModel(home.context(totals()), 'silver.totals')).toMatchObject({ status: 'published', plan: { reason: 'ops.files changed' } });
    expect(await rows()).toEqual([['a', 6n], ['b', 2n]]);
  });

  it('is skipped after a change of comments and layout only, and after the input was merely compacted', async () => {
    await input("('a', 1)");
    const table = await input("('b', 2)");
    await runModel(home.context(totals()), 'silver.totals');
    expect(await runModel(home.context(totals('', `-- the same\n${TOTALS.replaceAll(' ', '\n ')}`)), 'silver.totals')).toMatchObject({ status: 'skipped' });
    await table.refresh();
    const { files } = await table.scan();
    await table.replaceFiles({ remove: files.map(({ file }) => file), add: await home.write(table, "SELECT name, amount::BIGINT AS amount FROM (VALUES ('a', 1), ('b', 2)) AS t(name, amount)") });
    expect(await runModel(home.context(totals()), 'silver.totals')).toMatchObject({ status: 'skipped' });
  });

  it('starts afresh when a parameter that it uses has another value, and not for one that it does not use', async () => {
    await input("('a', 1)");
    const at = (value: string) => ({ as_of: { type: 'date' as const, value } });
    const dated = totals('', 'SELECT name, sum(amount) AS total, :as_of AS as_of FROM ops.files GROUP BY name');
    await runModel(home.context(totals(), at('2018-01-01')), 'silver.totals');
    expect(await runModel(home.context(totals(), at('2018-01-02')), 'silver.totals')).toMatchObject({ status: 'skipped' });
    await runModel(home.context(dated, at('2018-01-02')), 'silver.totals');
    expect(await runModel(home.context(dated, at('2018-01-03')), 'silver.totals')).toMatchObject({ status: 'published', plan: { reason: ':as_of is now 2018-01-03' } });
    expect(await rows()).toEqual([['a', 1n, '2018-01-03']]);
  });

  it('computes a table afresh that somebody else has written to', async () => {
    await input("('a', 1)");
    await runModel(home.context(totals()), 'silver.totals');
    await home.append('silver.totals', "SELECT 'x' AS name, 9::BIGINT AS total");
    expect(await runModel(home.context(totals()), 'silver.totals')).toMatchObject({ status: 'published', plan: { reason: 'the table was last written by somebody else' } });
    expect(await rows()).toEqual([['a', 1n]]);
  });

  it('of a model whose input has never been computed says which to run', async () => {
    const project = projectFrom({ 'silver.a': model('', 'SELECT 1 AS x'), 'gold.b': model('', 'SELECT x FROM silver.a') });
    await expect(runModel(home.context(project), 'gold.b')).rejects.toMatchObject({ code: 'not_found', todo: 'Run it first: --select +gold.b' });
  });
});

describe('a change of columns', () => {
  it('adds, widens, drops and retypes in the commit that brings the rows, and history stays readable', async () => {
    await input("('a', 1)");
    await runModel(home.context(totals('', 'SELECT name, CAST(sum(amount) AS integer) AS total, 1 AS gone, 1 AS odd FROM ops.files GROUP BY name')), 'silver.totals');
    const outcome = await runModel(home.context(totals('partition_by: name', "SELECT name, sum(amount) AS total, 'x' AS odd, 2 AS more FROM ops.files GROUP BY name")), 'silver.totals');
    expect(outcome).toMatchObject({
      status: 'published',
      plan: { reason: 'the model changed: total widened, odd retyped, more added, gone removed', fresh: true },
    });
    expect(await rows()).toEqual([['a', 1n, 'x', 2]]);
    const table = await home.lake.loadTable({ namespace: 'silver', name: 'totals' });
    expect(table.schema.fields.map(({ name, type }) => `${name} ${String(type)}`)).toEqual(['name string', 'total long', 'odd string', 'more int']);
    const first = table.metadata.snapshots[0]?.['snapshot-id'];
    expect(await home.rows(`SELECT * FROM silver.totals FOR VERSION AS OF ${first}`)).toEqual([['a', 1, 1, 1]]);
  });

  it('is not seen by readers while its audits fail', async () => {
    await input("('a', 1)");
    await runModel(home.context(totals()), 'silver.totals');
    const outcome = await runModel(home.context(totals('audits:\n  - row_count_between: { min: 5 }', 'SELECT name, amount AS other FROM ops.files')), 'silver.totals');
    expect(outcome).toMatchObject({ status: 'audit failed', audits: { passed: false, message: expect.stringContaining('row_count_between') as string } });
    expect(await rows()).toEqual([['a', 1n]]);
    expect(await home.strayFiles('silver.totals')).toEqual([]);
  });
});

describe('a run that is killed', () => {
  const steps = ['plan', 'prepare', 'execute', 'audit', 'publication'] as const;
  it.each(steps)('after %s leaves nothing behind that a second run does not mend', async (killed) => {
    await input("('a', 1)");
    await runModel(home.context(totals()), 'silver.totals');
    await input("('a', 2), ('b', 3)");
    await runUntil(killed);
    if (killed !== 'publication') await home.cutShort('silver.totals');
    home.engine = home.newEngine();
    await discardLeftovers(home.context(totals()));
    expect((await runModel(home.context(totals()), 'silver.totals')).status).toBe(killed === 'publication' ? 'skipped' : 'published');
    expect(await rows()).toEqual([['a', 3n], ['b', 3n]]);
    expect(await home.strayFiles('silver.totals')).toEqual([]);
  });

  it('can be taken up at any step by another process, and publishes once however often it is told to', async () => {
    await input("('a', 1)");
    const context = home.context(totals('audits:\n  - unique: name'));
    const again = () => ({ ...context, engine: home.newEngine() });
    const prepared = json(await prepareModel(again(), json(await planModel(again(), 'silver.totals'))));
    for (const statement of prepared.statements) await again().engine.execute(statement);
    expect((await auditModel(again(), prepared)).passed).toBe(true);
    const first = await publishModel(again(), prepared);
    expect(await publishModel(again(), prepared)).toEqual(first);
    const { metadata } = await home.lake.loadTable({ namespace: 'silver', name: 'totals' });
    expect(metadata.snapshots).toHaveLength(1);
    expect(metadata.snapshots[0]?.summary).toMatchObject({ 'millrace.run-id': context.runId, 'wap.id': prepared.staging.name, 'millrace.model': 'silver.totals' });
  });

  async function runUntil(killed: (typeof steps)[number]): Promise<void> {
    const context = home.context(totals());
    const plan = await planModel(context, 'silver.totals');
    if (killed === 'plan') return;
    const prepared: PreparedModel = await prepareModel(context, plan);
    if (killed === 'prepare') return;
    for (const statement of prepared.statements) await context.engine.execute(statement);
    if (killed === 'execute') return;
    await auditModel(context, prepared);
    if (killed === 'audit') return;
    context.engine.discard = async () => { throw new Error('killed'); };
    await expect(publishModel(context, prepared)).rejects.toThrow('killed');
  }
});

describe('two runs of one model at once', () => {
  it('leave the table as one after the other would', async () => {
    await input("('a', 1)");
    await runModel(home.context(totals()), 'silver.totals');
    await input("('a', 2)");
    const outcomes = await Promise.all([1, 2].map(() => runModel(home.context(totals(), {}, home.newEngine()), 'silver.totals')));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['published', expect.stringMatching(/published|skipped/)]);
    expect(await rows()).toEqual([['a', 3n]]);
    expect(await readdir(join(home.folder, 'tmp/staging'))).toEqual([]);
  });
});
