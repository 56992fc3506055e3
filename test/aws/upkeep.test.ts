// The nightly upkeep: its machine does what it says, step by step; its function keeps a lake up that is not on this machine.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import validate from 'asl-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maintain, type Upkeep } from '../../lambdas/maintain/index.ts';
import type { AwsContext } from '../../lambdas/shared/context.ts';
import { dropLeftovers } from '../../lambdas/shared/leftovers.ts';
import { FolderCatalog, Lake, type Table } from '../../lib/lake/index.ts';
import { Database, publishTo, writeRows } from '../../lib/lake/duckdb/index.ts';
import { UPKEEP_MACHINE } from '../../lib/stacks/upkeep-machine.ts';
import { AthenaEngine } from '../../lib/warehouse/athena/index.ts';
import { Interpreter, loadMachine, type Json, type Outcome } from '../../lib/workflow/index.ts';
import { MemoryFiles } from '../lake/support/memory-files.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const RESOURCES = ['arn:aws:states:::lambda:invoke', 'arn:aws:states:::aws-sdk:sfn:listExecutions'];

interface Night { outcome: Outcome; calls: string[]; waited: number }

/** `answer`: of the function; `running`: executions of the batch, listing by listing. */
async function night(answer: (payload: Record<string, Json>) => Json, running: string[][] = [[]]): Promise<Night> {
  const clock = new VirtualClock();
  const begun = clock.now();
  const calls: string[] = [];
  let listed = 0;
  const interpreter = new Interpreter(UPKEEP_MACHINE, {
    clock, random: () => 0.5,
    resources: {
      'arn:aws:states:::aws-sdk:sfn:listExecutions': async () => ({ Executions: (running[Math.min(listed++, running.length - 1)] ?? []).map((Name) => ({ Name })) }),
      'arn:aws:states:::lambda:invoke': async (argument) => {
        const { Payload } = argument as { Payload: Record<string, Json> };
        calls.push([Payload['step'], Payload['table']].filter(Boolean).join(' '));
        return { Payload: answer(Payload) };
      },
    },
  });
  const outcome = await interpreter.run({}, { id: 'night', name: 'night' });
  return { outcome, calls: calls.sort(), waited: clock.now() - begun };
}

const tables = ['bronze.orders', 'gold.daily_metrics'];
const healthy = ({ step, table }: Record<string, Json>): Json => (step === 'begin' ? { tables, leftovers: 0, finished: true, problems: [] } : { table: table ?? '', finished: true, problems: [] });

describe('the machine', () => {
  it('is States Language', () => {
    const checked = validate(UPKEEP_MACHINE, { checkArn: false });
    expect(checked.errorsText()).toBe('');
    loadMachine(UPKEEP_MACHINE, RESOURCES);
  });

  it('compacts every table, sweeps once, then proves every table', async () => {
    const { outcome, calls } = await night(healthy);
    expect(outcome.status).toBe('succeeded');
    expect(calls).toEqual(['begin', 'orphans', 'prove bronze.orders', 'prove gold.daily_metrics', 'table bronze.orders', 'table gold.daily_metrics']);
  });

  it('of a lake with one table, or none, works too', async () => {
    for (const some of [['bronze.orders'], []]) {
      const { outcome, calls } = await night((payload) => (payload['step'] === 'begin' ? { tables: some, finished: true, problems: [] } : healthy(payload)));
      expect([outcome.status, calls.length]).toEqual(['succeeded', 2 + 2 * some.length]);
    }
  });

  it('waits while a run of the batch is at work', async () => {
    const { outcome, waited, calls } = await night(healthy, [['run-1'], ['run-1'], []]);
    expect([outcome.status, calls.length]).toEqual(['succeeded', 6]);
    expect(waited).toBeGreaterThanOrEqual(1_200_000);
  });

  it('touches nothing where the batch does not end, and says so', async () => {
    const { outcome, calls } = await night(healthy, [['run-1']]);
    expect(outcome).toMatchObject({ status: 'failed', error: 'BatchAtWork' });
    expect(calls).toEqual([]);
  });

  it('fails with what does not read, after everything else was kept up', async () => {
    const { outcome, calls } = await night((payload) => ({ ...(healthy(payload) as object), ...(payload['step'] === 'prove' && payload['table'] === 'bronze.orders' ? { problems: ['s3://lake/x.parquet: it is gone'] } : {}) }));
    expect(outcome).toMatchObject({ status: 'failed', error: 'UpkeepProblems', cause: 's3://lake/x.parquet: it is gone' });
    expect(calls).toHaveLength(6);
  });

  it('goes on where one table cannot be kept up at all, and tells of it', async () => {
    const { outcome, calls } = await night((payload) => {
      if (payload['step'] === 'table' && payload['table'] === 'bronze.orders') throw new Error('the disk is full');
      return healthy(payload);
    });
    expect(outcome).toMatchObject({ status: 'failed', error: 'UpkeepProblems', cause: expect.stringMatching(/bronze\.orders.*the disk is full/) as string });
    expect(calls).toContain('prove bronze.orders');
    expect(calls).toContain('table gold.daily_metrics');
  });
});

describe('the function', () => {
  const upkeep: Upkeep = { keepSnapshotsHours: 24, keepStreamSnapshotsHours: 1, keepAtLeast: 1, orphansAfterHours: 2 };
  let folder: string;
  let database: Database;
  let files: MemoryFiles;
  let clock: VirtualClock;
  let lake: Lake;
  let orders: Table;
  let context: AwsContext;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-upkeep-'));
    database = await Database.open({ temporaryFolder: join(folder, 'spill') });
    clock = new VirtualClock();
    files = new MemoryFiles();
    lake = new Lake({ files, catalog: new FolderCatalog(files, 's3://bucket/lake'), clock });
    const engine = new AthenaEngine({ client: undefined as never, lake, databasePrefix: 'x_', workgroup: 'w', stagingLocation: 's3://bucket/lake/staging', clock, random: Math.random });
    const project = { sources: new Map([['orders', { stream: {} }], ['sellers', {}]]) };
    context = { lake, engine, clock, project, scratch: join(folder, 'scratch'), stagingLocation: 's3://bucket/lake/staging', database: async () => database } as unknown as AwsContext;
    orders = await lake.createTable({ namespace: 'bronze', name: 'orders' }, { columns: [{ name: 'id', type: 'long' }] });
    for (let at = 0; at < 6; at++) await append(orders, at);
  });
  afterAll(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function append(table: Table, at: number): Promise<string[]> {
    const written = await database.use((session) => writeRows(session, { schema: table.schema, spec: table.spec, folder: join(folder, 'written'), select: `SELECT i AS id FROM range(${at * 10}, ${at * 10 + 10}) r(i)`, where: 'orders' }));
    const sent = await publishTo(files, written, table.dataLocation);
    await table.append(sent);
    return sent.map(({ path }) => path);
  }
  const call = (event: Parameters<typeof maintain>[1], remaining = 900_000) => maintain(context, event, upkeep, remaining);

  it('compacts, expires and proves tables that are not on this machine', async () => {
    await clock.sleep(7_200_000);
    expect(await call({ step: 'begin', running: [] })).toMatchObject({ tables: ['bronze.orders'], leftovers: 0 });
    expect(await call({ step: 'table', table: 'bronze.orders' })).toMatchObject({ finished: true, problems: [], upkeep: { filesBefore: 6, filesAfter: 1 } });
    expect(await call({ step: 'prove', table: 'bronze.orders' })).toMatchObject({ finished: true, problems: [], upkeep: { filesRead: 1, rows: '60' } });
  });

  it('keeps the snapshots of what streams are delivered into for a shorter time', async () => {
    const sellers = await lake.createTable({ namespace: 'bronze', name: 'sellers' }, { columns: [{ name: 'id', type: 'long' }] });
    for (let at = 0; at < 3; at++) await append(sellers, at);
    await clock.sleep(7_200_000);
    expect(await call({ step: 'table', table: 'bronze.sellers' })).toMatchObject({ upkeep: { expired: 0 } });
    await lake.dropTable({ namespace: 'bronze', name: 'sellers' });
  });

  it('says that it did not end where the time is over, and leaves the table as good as it was', async () => {
    for (let at = 6; at < 12; at++) await append(orders, at);
    expect(await call({ step: 'table', table: 'bronze.orders' }, 60_001)).toMatchObject({ finished: false, problems: [] });
    expect(await call({ step: 'prove', table: 'bronze.orders' })).toMatchObject({ problems: [], upkeep: { rows: '120' } });
  });

  it('lets go the staging tables of dead runs, not those of running or young ones; files that were published from them stay', async () => {
    const dead = await context.engine.createStaging('bronze.orders', 'run-dead');
    const staged = await lake.loadTable({ namespace: 'staging', name: dead.name });
    const [published = '', ...rest] = await append(staged, 12);
    const { files: [found] } = await staged.scan();
    await (await lake.loadTable({ namespace: 'bronze', name: 'orders' })).append([found!.file]);
    const [orphan = ''] = await append(staged, 13);
    const alive = await context.engine.createStaging('bronze.orders', 'run-alive');
    await clock.sleep(7_200_000);
    const young = await context.engine.createStaging('bronze.orders', 'run-young');
    expect([rest, await dropLeftovers({ lake, engine: context.engine, clock, running: new Set(['run-alive']) })]).toEqual([[], 1]);
    expect((await lake.listTables('staging')).map(({ name }) => name).sort()).toEqual([alive.name, young.name].sort());
    expect([files.content.has(published), files.content.has(orphan)]).toEqual([true, true]);
    expect(await call({ step: 'orphans' })).toMatchObject({ finished: true });
    expect([files.content.has(published), files.content.has(orphan)]).toEqual([true, false]);
    expect(await call({ step: 'prove', table: 'bronze.orders' })).toMatchObject({ problems: [], upkeep: { rows: '130' } });
  });
});
