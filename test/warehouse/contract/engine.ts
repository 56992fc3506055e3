// What every engine does, whatever it runs on: the same suite for DuckDB on a folder and for Athena over Glue and S3.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../lib/base/index.ts';
import { BRONZE_PARTITIONING, bronzeColumns } from '../../../lib/contracts/index.ts';
import type { ColumnDefinition, Lake, Table } from '../../../lib/lake/index.ts';
import { expandSources, Relations, runModel, type Engine, type Parameters, type Project, type RunContext } from '../../../lib/warehouse/index.ts';
import { bronzeEvents, EVENT_MODELS, events } from '../support/events.ts';
import { model, projectFrom } from '../support/project.ts';

export interface EngineUnderTest { engine: Engine; lake: Lake; close(): Promise<void> }

const AS_OF: Parameters = { as_of: { type: 'date', value: '2018-03-01' } };

export function engineContract(name: string, open: () => Promise<EngineUnderTest>): void {
  describe(`the ${name} engine`, () => {
    let home: EngineUnderTest;
    let runs = 0;
    beforeAll(async () => { home = await open(); }, 300_000);
    afterAll(() => home.close(), 60_000);

    const rows = async (sql: string, options = {}) => (await home.engine.query(sql, options)).rows;
    const create = (table: string, columns: ColumnDefinition[], partitionBy: string[] = []) => home.lake.createTable({ namespace: 'silver', name: table }, { columns, partitionBy });
    /** Adds the rows of a SELECT by staging and appending them. */
    async function insert(table: string, select: string): Promise<Table> {
      const staging = await home.engine.createStaging(table, 'test');
      for (const statement of await home.engine.stagingStatements(staging, select)) await home.engine.execute(statement);
      const [namespace = '', tableName = ''] = table.split('.');
      const target = await home.lake.loadTable({ namespace, name: tableName });
      await target.append(await home.engine.stagedFiles(staging));
      await home.engine.discard(staging, true);
      return target;
    }

    function contextOf(project: Project, parameters: Parameters = AS_OF): RunContext {
      runs += 1;
      return { project, lake: home.lake, engine: home.engine, relations: new Relations(project, home.lake), clock: systemClock, runId: `contract-${runs}`, parameters };
    }

    it('gives names, Athena types and values of every kind', async () => {
      const { columns, rows: found } = await home.engine.query(`SELECT 1 AS whole, BIGINT '9007199254740993' AS big, CAST(1.5 AS double) AS real_number, DECIMAL '12.50' AS price,
        'a''b' AS word, '' AS nothing, CAST(NULL AS varchar) AS missing, DATE '2018-02-17' AS day, TIMESTAMP '2018-02-17 23:30:00.500000' AS moment, TRUE AS yes, ARRAY[1, 2] AS list`);
      expect(columns).toEqual([
        { name: 'whole', type: 'integer' }, { name: 'big', type: 'bigint' }, { name: 'real_number', type: 'double' }, { name: 'price', type: 'decimal(4,2)' },
        { name: 'word', type: expect.stringMatching(/^varchar/) as string }, { name: 'nothing', type: expect.stringMatching(/^varchar/) as string }, { name: 'missing', type: 'varchar' },
        { name: 'day', type: 'date' }, { name: 'moment', type: 'timestamp(6)' }, { name: 'yes', type: 'boolean' }, { name: 'list', type: 'array(integer)' },
      ]);
      expect(found).toEqual([[1, 9007199254740993n, 1.5, '12.50', "a'b", '', null, '2018-02-17', '2018-02-17 23:30:00.5', true, '[1, 2]']]);
    });

    it('tells columns and types without running anything', async () => {
      expect(await home.engine.describe("SELECT :as_of AS day, count(*) AS n FROM (VALUES 1) AS t (x)", { parameters: AS_OF })).toEqual([{ name: 'day', type: 'date' }, { name: 'n', type: 'bigint' }]);
    });

    it('gives results of more than a page', async () => {
      expect((await rows('SELECT x FROM UNNEST(sequence(1, 2500)) AS t (x) ORDER BY x')).map(([x]) => Number(x))).toEqual(Array.from({ length: 2500 }, (_, index) => index + 1));
    });

    it('names what is wrong: a table that is not there, SQL that does not parse, a function that is not allowed', async () => {
      await expect(home.engine.query('SELECT 1 FROM silver.nowhere')).rejects.toMatchObject({ code: 'not_found' });
      await expect(home.engine.query('SELECT * FORM silver.t')).rejects.toMatchObject({ code: 'bad_input', message: expect.stringContaining('FORM') as string });
      await expect(home.engine.query('SELECT shuffle(ARRAY[1])')).rejects.toMatchObject({ code: 'unsupported' });
    });

    it('binds parameters as values, never as SQL', async () => {
      const parameters: Parameters = { ...AS_OF, shop_currency: { type: 'varchar', value: "x' OR '1'='1" } };
      expect(await rows('SELECT :as_of, :shop_currency', { parameters })).toEqual([['2018-03-01', "x' OR '1'='1"]]);
    });

    it('reads tables as they are, as they were, pinned, and overlaid', async () => {
      await create('travel', [{ name: 'id', type: 'long' }]);
      const first = (await insert('silver.travel', 'SELECT BIGINT \'1\' AS id')).currentSnapshot;
      await insert('silver.travel', 'SELECT BIGINT \'2\' AS id');
      const id = first?.['snapshot-id'] ?? 0n;
      expect(await rows('SELECT id FROM silver.travel ORDER BY id')).toEqual([[1n], [2n]]);
      expect(await rows(`SELECT id FROM silver.travel FOR VERSION AS OF ${id}`)).toEqual([[1n]]);
      const moment = new Date((first?.['timestamp-ms'] ?? 0) + 1).toISOString().replace('T', ' ').replace('Z', ' UTC');
      expect(await rows(`SELECT id FROM silver.travel FOR TIMESTAMP AS OF TIMESTAMP '${moment}'`)).toEqual([[1n]]);
      expect(await rows('SELECT id FROM silver.travel', { snapshots: { 'silver.travel': id } })).toEqual([[1n]]);
      const overlays = { 'silver.travel': 'SELECT id * 10 AS id FROM silver.travel' };
      expect(await rows('SELECT t.id FROM silver.travel AS t', { overlays, snapshots: { 'silver.travel': id } })).toEqual([[10n]]);
      expect(await rows('SELECT operation FROM "silver"."travel$snapshots" ORDER BY committed_at')).toEqual([['append'], ['append']]);
      expect(await rows('SELECT count(DISTINCT "$path") FROM silver.travel')).toEqual([[2n]]);
      expect(await rows('SELECT sum(record_count) FROM "silver"."travel$files"')).toEqual([[2n]]);
    });

    it('stages rows that nobody sees, as files of the target, and lets them go', async () => {
      const table = await create('staged', [{ name: 'day', type: 'date' }, { name: 'price', type: 'decimal(18,4)' }], ['month(day)']);
      const staging = await home.engine.createStaging('silver.staged', 'run-x');
      for (const statement of await home.engine.stagingStatements(staging, "SELECT * FROM (VALUES (DATE '2018-01-05', DECIMAL '1.5000'), (DATE '2018-02-01', DECIMAL '2.0000')) AS t (day, price)")) {
        await home.engine.execute(statement);
      }
      expect(await rows('SELECT count(*) FROM silver.staged')).toEqual([[0n]]);
      expect(await rows(`SELECT sum(price) FROM (${home.engine.stagedRelation(staging)}) AS s`)).toEqual([['3.5000']]);
      const files = await home.engine.stagedFiles(staging);
      expect(files.map(({ partition, recordCount, specId, content }) => [partition[0], recordCount, specId, content]).sort()).toEqual([[576, 1n, 0, 0], [577, 1n, 0, 0]]);
      expect(await home.engine.listStagings('run-x')).toEqual([staging]);
      await home.engine.discard(staging, false);
      expect(await home.engine.listStagings('run-x')).toEqual([]);
      for (const { path } of files) expect(await home.lake.context.files.exists(path)).toBe(false);
      await table.refresh();
      expect(table.metadata.snapshots).toEqual([]);
    });

    it('writes more partitions than one statement may', async () => {
      await create('many', [{ name: 'day', type: 'date' }, { name: 'id', type: 'string' }], ['day(day)', 'bucket(2, id)']);
      const table = await insert('silver.many', `SELECT date_add('day', CAST(x AS integer), DATE '2018-01-01') AS day, CAST(x AS varchar) AS id FROM UNNEST(sequence(1, 130)) AS t (x)
        UNION ALL SELECT CAST(NULL AS date), CAST(NULL AS varchar)`);
      expect(await rows('SELECT count(*), count(DISTINCT day) FROM silver.many')).toEqual([[131n, 130n]]);
      expect((await table.scan()).files).toHaveLength(131);
    });

    it('stops when it is told to', async () => {
      const controller = new AbortController();
      const query = home.engine.query('SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a (x) CROSS JOIN UNNEST(sequence(1, 10000)) AS b (y) CROSS JOIN UNNEST(sequence(1, 1000)) AS c (z) WHERE x * y % 7 = z', { signal: controller.signal });
      setTimeout(() => controller.abort(new Error('enough')), 300);
      await expect(query).rejects.toMatchObject({ code: 'interrupted' });
    });

    it('runs models of every kind, whole and by part, to the rows that computing everything gives', async () => {
      const project = projectFrom(EVENT_MODELS, [events]);
      await home.lake.createTable({ namespace: 'bronze', name: 'events' }, { columns: bronzeColumns(events), partitionBy: BRONZE_PARTITIONING });
      const parts: string[] = [];
      const runAll = async () => {
        for (const name of project.graph.order) {
          const outcome = await runModel(contextOf(project), name);
          expect(outcome.status, name).not.toBe('audit failed');
          parts.push(outcome.status === 'skipped' ? 'skipped' : outcome.plan.extent.part);
          const whole = expandSources(project.models.get(name)?.sql ?? '', project.sources);
          expect(await rows(`SELECT * FROM ${name} ORDER BY 1`), name).toEqual(await rows(`SELECT * FROM (${whole}) AS t ORDER BY 1`));
        }
      };
      await insert('bronze.events', bronzeEvents(1, [{ event: 1, customer: 1, day: 0, amount: 5 }, { event: 2, customer: 2, day: 0, amount: 7 }, { event: 3, customer: 1, day: 40, amount: 1 }]));
      await runAll();
      expect(parts.splice(0)).toEqual(['everything', 'everything', 'everything', 'everything', 'everything']);
      // A late row, a correction that moves an event to another day and customer, and a new day.
      await insert('bronze.events', bronzeEvents(2, [{ event: 4, customer: 3, day: 1, amount: 2 }, { event: 2, customer: 1, day: 41, amount: 7 }, { event: 5, customer: 4, day: 80, amount: 9 }]));
      await runAll();
      expect(parts.splice(0)).toEqual(['intervals', 'intervals', 'intervals', 'keys', 'intervals']);
      await runAll();
      expect(parts).toEqual(['skipped', 'skipped', 'skipped', 'skipped', 'skipped']);
    }, 900_000);

    it('changes columns and partitioning in the commit that brings the rows', async () => {
      const run = async (header: string, sql: string) => runModel(contextOf(projectFrom({ 'gold.evolving': model(header, sql) })), 'gold.evolving');
      await run('', "SELECT 1 AS n, 'x' AS gone");
      await run('partition_by: day', "SELECT BIGINT '5000000000' AS n, DATE '2018-02-01' AS day");
      expect(await rows('SELECT n, day FROM gold.evolving')).toEqual([[5000000000n, '2018-02-01']]);
      const { metadata } = await home.lake.loadTable({ namespace: 'gold', name: 'evolving' });
      expect(await rows(`SELECT gone FROM gold.evolving FOR VERSION AS OF ${metadata.snapshots[0]?.['snapshot-id']}`)).toEqual([['x']]);
    });

    it('does not publish what fails an audit', async () => {
      const project = projectFrom({ 'gold.audited': model('audits:\n  - accepted_values: { column: state, values: [a, b] }', "SELECT * FROM (VALUES ('a'), ('c')) AS t (state)") });
      const context = contextOf(project);
      expect(await runModel(context, 'gold.audited')).toMatchObject({ status: 'audit failed', audits: { results: [{ failures: 1, sample: { rows: [['c', '1']] } }] } });
      expect(await rows('SELECT count(*) FROM gold.audited')).toEqual([[0n]]);
      expect(await home.engine.listStagings(context.runId)).toEqual([]);
    });
  });
}
