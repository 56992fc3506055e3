// The same files through both homes: the batch over Athena, Glue and S3, with the functions as Lambda calls them, leaves the tables of the
// embedded home, row by row and value by value.
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { applyTables, type ProjectFile } from '../../lib/batch/index.ts';
import { keysFromSecret } from '../../lib/ingest/index.ts';
import { localFileIngest, openRuntime, runBatch, type Runtime } from '../../lib/local/index.ts';
import { readProjectFile } from '../../lib/stacks/project-file.ts';
import type { Engine, QueryResult } from '../../lib/warehouse/index.ts';
import { compileWorkflow, type StateMachine } from '../../lib/workflow/index.ts';
import { generateSample } from '../../samples/index.ts';
import { batch } from '../../workflows/batch.ts';
import { makeAwsHome, SECRET, type AwsHome, type CallFunction } from './support/aws-home.ts';
import { startAwsRehearsal, type AwsRehearsal } from './support/aws-rehearsal.ts';
import { wanted } from './support/calls-to-aws.ts';
import { differences } from './support/differences.ts';
import { startFleet } from './support/lambda-bundles.ts';
import { allows, policiesOf } from '../aws/support/policies.ts';
import { synthesise } from '../aws/support/stage.ts';

vi.setConfig({ testTimeout: 1_200_000, hookTimeout: 600_000 });

const ROOT = join(import.meta.dirname, '../..');
const SCALE = Number(process.env['MILLRACE_REHEARSAL_SCALE'] ?? 0.1);
/** What differs by nature: when a file was read, from where, and by which run. */
const OWN = /^(_ingested_at|ingested_at|arrived_at|run_id|path|stamp)$/;

let aws: AwsRehearsal;
let home: AwsHome;
let runtime: Runtime;
let folder: string;
let late: string;
let definition: StateMachine;
let project: ProjectFile;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-rehearsal-'));
  late = join(folder, 'late');
  runtime = await openRuntime({ home: join(folder, 'home'), project: ROOT, create: true });
  const key = await keysFromSecret(SECRET, 'the secret').current();
  await writeFile(join(runtime.home.keys, 'k1.json'), JSON.stringify({ pseudonyms: Buffer.from(key.pseudonyms).toString('hex'), payloads: Buffer.from(key.payloads).toString('hex') }), { mode: 0o600 });
  await generateSample({ profile: 'shop', scale: SCALE, out: runtime.home.landing, truthFile: join(folder, 'truth.json') });
  // Another month of the same shop comes later.
  await generateSample({ profile: 'shop', scale: SCALE / 2, seed: 11, out: join(folder, 'other'), truthFile: join(folder, 'other.json') });
  aws = await startAwsRehearsal();
  const { sources, config, graph } = await runtime.project();
  project = await readProjectFile(ROOT, ROOT, sources);
  home = await makeAwsHome(aws, project, join(folder, 'scratch'), config.shop);
  definition = compileWorkflow(batch, graph);
});
afterAll(async () => {
  await runtime?.close();
  await aws?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** All rows of a table, but the columns that are a home's own. */
async function rowsOf(engine: Engine, table: string): Promise<QueryResult> {
  const all = await engine.describe(`SELECT * FROM ${table}`);
  // What is encrypted is never the same twice.
  const columns = all.filter(({ name }) => !OWN.test(name)).map(({ name }) => (table === 'bronze.rejected' && name === 'raw' ? "CASE WHEN raw_encoding = 'plain' THEN raw END AS raw" : `"${name}"`));
  return engine.query(`SELECT ${columns.join(', ')} FROM ${table}`);
}

async function compareHomes(): Promise<Record<string, string[]>> {
  const local = await runtime.engine();
  const names = (await runtime.lake.listTables()).map(({ namespace, name }) => `${namespace}.${name}`).filter((name) => !/^ops\.(runs|audits|ledger)$/.test(name)).sort();
  const found: Record<string, string[]> = {};
  let compared = 0;
  for (const name of names) {
    const here = await rowsOf(local, name);
    const problems = differences(here, await rowsOf(home.context.engine, name));
    if (problems.length > 0) found[name] = problems;
    compared += here.rows.length;
  }
  process.stdout.write(`rehearsal: ${names.length} tables, ${compared} rows compared\n`);
  expect(names.length).toBeGreaterThan(30);
  return found;
}

async function runBoth(call?: CallFunction): Promise<void> {
  const { outcome } = await runBatch(runtime, { files: await localFileIngest(runtime) });
  expect(outcome).toMatchObject({ status: 'succeeded' });
  const there = await home.run(definition, call);
  expect([there.outcome.status, there.outcome, ...there.calls.filter((one) => one.startsWith('notify'))]).toEqual(['succeeded', expect.anything()]);
  process.stdout.write(`rehearsal: ${there.calls.filter((call) => call === 'query').length} statements, ${there.calls.length} calls, longest answer ${there.longestPayload} bytes\n`);
}

const snapshots = async () => {
  const tables = await Promise.all(['bronze', 'silver', 'gold'].map((namespace) => home.context.lake.listTables(namespace)));
  return Object.fromEntries(await Promise.all(tables.flat().map(async (name) => {
    const table = await home.context.lake.loadTable(name);
    return [`${name.namespace}.${name.name}`, String(table.metadata['current-snapshot-id'] ?? '')] as const;
  })));
};

describe('the batch in an account', () => {
  it('finds the tables made by its own hand, once', async () => {
    const { made } = await applyTables(home.context);
    expect(made).toContain('silver.orders_master');
    expect(made).toContain('ops.ledger');
    expect(await applyTables(home.context)).toMatchObject({ made: [], changed: [], left: [] });
  });

  it('leaves the tables that the embedded home has', async () => {
    await home.land(runtime.home.landing);
    await runBoth();
    expect(await compareHomes()).toEqual({});
  });

  it('proves the same counts', async () => {
    // In an account the tables of all contracts are there; here those of which something landed.
    const ledger = "SELECT step, subject, expected, actual, reconciles, parts FROM ops.ledger WHERE NOT (expected = '0' AND actual = '0')";
    expect(differences(await (await runtime.engine()).query(ledger), await home.context.engine.query(ledger))).toEqual([]);
  });

  it('changes nothing where nothing has landed', async () => {
    const before = await snapshots();
    await runBoth();
    expect(await snapshots()).toEqual(before);
    expect(await home.context.lake.listTables('staging')).toEqual([]);
  });

  it('does not read again what it read at its arrival; after a rollback it does', async () => {
    expect(await home.discoverLater()).toEqual([]);
    const bronze = await home.context.lake.loadTable({ namespace: 'bronze', name: 'sellers' });
    await bronze.deleteFiles((await bronze.scan()).files.map(({ file }) => file));
    expect((await home.discoverLater()).map(({ source }) => source)).toEqual(['sellers']);
  });

  it('takes one more file, at its arrival, and what follows from it: by the bundles, on the Node of the runtime', async () => {
    await mkdir(join(late, 'transactions'), { recursive: true });
    const [file = ''] = await readdir(join(folder, 'other', 'transactions'));
    for (const to of [join(late, 'transactions', 'late.csv'), join(runtime.home.landing, 'transactions', 'late.csv')]) await copyFile(join(folder, 'other', 'transactions', file), to);
    await home.land(late);
    expect(await home.announce('transactions/late.csv')).toMatchObject({ files: 1, refused: 0 });
    const fleet = await startFleet(ROOT, project, join(folder, 'fleet'), home.environment);
    try {
      const apply = { RequestType: 'Update', ResourceProperties: {} };
      expect(JSON.parse(await fleet.call('apply', JSON.stringify(apply)))).toEqual({ PhysicalResourceId: 'millrace-tables', Data: { made: '0', changed: '0' } });
      await runBoth(fleet.call);
    } finally {
      await fleet.stop();
    }
    expect(await compareHomes()).toEqual({});
  });

  it('is kept up: one snapshot a table, no more files than before, and the same rows', async () => {
    const { engine, lake } = home.context;
    const table = (namespace: string, name: string) => lake.loadTable({ namespace, name });
    const before = (await (await table('bronze', 'transactions')).scan()).files.length;
    await engine.createStaging('silver.orders', 'a-run-that-died');
    const { outcome, steps } = await home.upkeep();
    expect([outcome.status, outcome]).toEqual(['succeeded', expect.anything()]);
    expect(steps.filter((step) => step === 'prove').length).toBeGreaterThan(30);
    expect((await table('silver', 'orders')).metadata.snapshots).toHaveLength(1);
    expect((await (await table('bronze', 'transactions')).scan()).files.length).toBeLessThanOrEqual(before);
    // It is younger than an hour: a run may have begun since the running ones were listed.
    expect((await lake.listTables('staging')).length).toBe(1);
    expect(await compareHomes()).toEqual({});
  });

  it('needs no more than the policies of its functions give', async () => {
    const { batch: resources, folder: synthesised } = await synthesise({ stage: 'rehearsal' });
    await rm(synthesised, { recursive: true, force: true });
    const policies = policiesOf(resources, 'millrace-rehearsal-');
    const plain = (text: string) => text.replaceAll('-ACCOUNT-REGION', '').replaceAll('eu-central-1', 'REGION');
    const denied = [...wanted].flatMap(([name, wishes]) => {
      const statements = (policies.get(name) ?? []).map(({ actions, resources: places }) => ({ actions, resources: places.map(plain) }));
      return [...wishes.values()].flatMap(({ action, resources: places }) =>
        places.filter((place) => (place === 'SECRET' ? !statements.some(({ actions }) => actions.includes(action)) : !allows(statements, action, place))).map((place) => `${name}: ${action} on ${place}`));
    });
    expect(denied).toEqual([]);
    expect([...wanted.keys()].sort()).toEqual(['audit', 'discover', 'finish', 'ingest', 'maintain', 'plan', 'prepare', 'publish', 'reconcile']);
  });
});
