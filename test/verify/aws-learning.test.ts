// Learning as it is deployed, over an Athena whose SQL a Trino executes: the function's steps leave in the bucket and in gold what the embedded home
// leaves, from the same files, and find the leaks that it finds.
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { learn, type LearnEvent, type LearnResult } from '../../lambdas/learn/index.ts';
import { learningRuntime, type LearningRuntime } from '../../lambdas/learn/runtime.ts';
import { listPrices, pricesRuntime } from '../../lambdas/prices/index.ts';
import type { AwsContext } from '../../lambdas/shared/context.ts';
import { applyTables } from '../../lib/batch/index.ts';
import { openDynamoDbStore, sdkDynamoDb } from '../../lib/features/aws/index.ts';
import { overwriteRows, quoteName, scanSql } from '../../lib/lake/duckdb/index.ts';
import { keysFromSecret } from '../../lib/ingest/index.ts';
import {
  computePrices, featuresOf, localFileIngest, lookThrough, openRuntime, predictInHome, predictorNamed, readPriceTable, registryOf, runBatch, trainInHome, type Runtime,
} from '../../lib/local/index.ts';
import { asItStood } from '../../lib/local/learning/as-it-stood.ts';
import { sourcesBehind } from '../../lib/local/learning/index.ts';
import { tablesNamedIn } from '../../lib/warehouse/index.ts';
import { trainingSql, type LeakCheck, type LoadedPredictor } from '../../lib/learning/index.ts';
import { openAccountPrices } from '../../lib/serving/aws/index.ts';
import { LEARNING_MACHINE } from '../../lib/stacks/learning-machine.ts';
import { readProjectFile } from '../../lib/stacks/project-file.ts';
import { compileWorkflow, Interpreter, StateFailure, type Json } from '../../lib/workflow/index.ts';
import { MillraceError, systemClock } from '../../lib/base/index.ts';
import { generateSample } from '../../samples/index.ts';
import { batch } from '../../workflows/batch.ts';
import { allows, policiesOf } from '../aws/support/policies.ts';
import { synthesise } from '../aws/support/stage.ts';
import { makeAwsHome, SECRET, type AwsHome } from './support/aws-home.ts';
import { startAwsRehearsal, type AwsRehearsal } from './support/aws-rehearsal.ts';
import { asFunction, wanted } from './support/calls-to-aws.ts';

vi.setConfig({ testTimeout: 1_200_000, hookTimeout: 1_200_000 });

const ROOT = join(import.meta.dirname, '../..');
const SCALE = Number(process.env['MILLRACE_REHEARSAL_SCALE'] ?? 0.1);
const MODELS = 'millrace-rehearsal-models';
/** As the stacks name the bucket: whoever comes from elsewhere finds it by that. */
const NAMED = `${MODELS}-000000000000-eu-central-1`;
const PREDICTOR = 'churn';

let aws: AwsRehearsal;
let home: AwsHome;
let runtime: Runtime;
let learning: LearningRuntime;
let folder: string;
const told: string[] = [];
const step = <Result extends LearnResult>(event: LearnEvent, runtimeOfStep = learning) => asFunction('learn', () => learn(runtimeOfStep, event, { tell: (line) => told.push(line), stage: 'millrace-rehearsal' })) as Promise<Result>;
type Looked = Extract<LearnResult, { looked: unknown }>;
type Trained = Extract<LearnResult, { metrics: object }>;

/** Tables that the steps below read, and nothing else. Those behind the predictor are made by Athena; the others, whose making takes most of the time and is looked at in aws-batch, are carried over. */
async function tablesOfSteps(): Promise<{ made: string[]; carried: string[] }> {
  const [features, { graph }] = [await featuresOf(runtime), await runtime.project()];
  const [made = [], priced = []] = await Promise.all([PREDICTOR, 'price'].map(async (name) => tablesNamedIn(trainingSql(await predictorNamed(runtime, name), features))));
  const there = new Set(made.flatMap((name) => [name, ...graph.upstream(name)]));
  return { made, carried: [...priced, 'gold.pricing_features', 'gold.price_arms', 'silver.predictions', 'silver.outcomes'].filter((name) => !there.has(name)) };
}

/** The rows of a table of the embedded home, into that of the account by one commit. */
async function carryOver(table: string): Promise<void> {
  const [namespace = '', name = ''] = table.split('.');
  const [from, to] = [await runtime.lake.loadTable({ namespace, name }), await home.context.lake.loadTable({ namespace, name })];
  const { schema, files } = await from.scan();
  const rows = scanSql({ schema, files, specs: from.metadata['partition-specs'], properties: from.metadata.properties });
  const columns = to.schema.fields.map((field) => quoteName(field.name)).join(', ');
  await (await (home.context as AwsContext).database()).use((session) => overwriteRows(session, to, { sql: 'TRUE' }, `SELECT ${columns} FROM (${rows})`, { temporaryFolder: join(folder, 'scratch') }));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-learning-'));
  runtime = await openRuntime({ home: join(folder, 'home'), project: ROOT, create: true });
  const key = await keysFromSecret(SECRET, 'the secret').current();
  await writeFile(join(runtime.home.keys, 'k1.json'), JSON.stringify({ pseudonyms: Buffer.from(key.pseudonyms).toString('hex'), payloads: Buffer.from(key.payloads).toString('hex') }), { mode: 0o600 });
  await generateSample({ profile: 'shop', scale: SCALE, out: runtime.home.landing, truthFile: join(folder, 'truth.json') });
  aws = await startAwsRehearsal();
  const project = await runtime.project();
  const { sources, config, graph } = project;
  const { made, carried } = await tablesOfSteps();
  const [needed, landed] = [sourcesBehind(project, [...made, ...carried]), sourcesBehind(project, made)];
  for (const source of await readdir(runtime.home.landing)) {
    const files = join(runtime.home.landing, source);
    if (!needed.has(source)) await rm(files, { recursive: true });
    else if (landed.has(source)) await cp(files, join(folder, 'landed', source), { recursive: true });
  }
  home = await makeAwsHome(aws, await readProjectFile(ROOT, ROOT, sources), join(folder, 'scratch'), config.shop);
  const s3 = new S3Client({ region: aws.region, credentials: aws.credentials, endpoint: aws.endpoints.s3, forcePathStyle: true });
  for (const Bucket of [MODELS, NAMED]) await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } }));
  s3.destroy();
  const select = (tables: readonly string[]) => ({ select: tables.map((name) => `+${name}`) });
  const { outcome } = await runBatch(runtime, { files: await localFileIngest(runtime), options: select([...made, ...carried]) });
  expect(outcome).toMatchObject({ status: 'succeeded' });
  await home.land(join(folder, 'landed'));
  await applyTables(home.context);
  expect((await home.run(compileWorkflow(batch, graph), undefined, select(made))).outcome).toMatchObject({ status: 'succeeded' });
  for (const table of carried) await carryOver(table);
  learning = learningRuntime(home.context as AwsContext, MODELS);
});
afterAll(async () => {
  await runtime?.close();
  await aws?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The API's table. */
async function apiTable() {
  const client = new DynamoDBClient({ region: aws.region, credentials: aws.credentials, endpoint: aws.endpoints.dynamodb });
  const keys = [{ AttributeName: 'pk', KeyType: 'HASH' as const }, { AttributeName: 'sk', KeyType: 'RANGE' as const }];
  await client.send(new CreateTableCommand({ TableName: 'millrace-rehearsal-api', KeySchema: keys, AttributeDefinitions: keys.map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' as const })), BillingMode: 'PAY_PER_REQUEST' }));
  return openDynamoDbStore({ calls: sdkDynamoDb(client), table: 'millrace-rehearsal-api', clock: systemClock });
}

/** What `millrace prices list --stage` shows. */
async function listedFromElsewhere() {
  const { s3, glue, athena, dynamodb } = aws.endpoints;
  const environment = { AWS_ENDPOINT_URL_S3: s3, AWS_ENDPOINT_URL_GLUE: glue, AWS_ENDPOINT_URL_ATHENA: athena, AWS_ENDPOINT_URL_DYNAMODB: dynamodb };
  const prices = await openAccountPrices({ stage: 'millrace-rehearsal', region: aws.region, account: '000000000000', clock: systemClock, environment });
  try {
    return { list: await readPriceTable({ lake: prices.lake, engine: async () => prices.engine }), places: await prices.whereListsAre() };
  } finally {
    await prices.close();
  }
}

describe('learning in an account', () => {
  it('gives the version that the embedded home gives, from the file that Athena leaves', async () => {
    const here = await trainInHome(runtime, PREDICTOR);
    const { looked } = await step<Looked>({ step: 'look', predictor: PREDICTOR });
    const there = await step<Trained>({ step: 'train', predictor: PREDICTOR, looked });
    expect([there.version, there.promoted]).toEqual([here.card.version, here.promoted]);
    const card = await learning.learning!.registry.card(PREDICTOR, there.version);
    expect([card.rows, card.asOf, card.trainingSet]).toEqual([here.card.rows, here.card.asOf, here.card.trainingSet]);
    const found = ({ fingerprint: _own, ...leaks }: LeakCheck) => leaks;
    expect(found(card.leaks!)).toEqual(found(here.card.leaks!));
    expect([card.leaks!.leaks, card.leaks!.rows > 100]).toEqual([[], true]);
    // Means of doubles differ in their last digits between engines, and with them where a tree cuts.
    for (const [name, value] of Object.entries(here.card.metrics)) if (Number.isFinite(value)) expect([name, Math.abs(card.metrics[name]! - value) < 0.005]).toEqual([name, true]);
    expect(JSON.parse(told.at(-1)!)).toMatchObject({ Predictor: PREDICTOR, version: there.version });
  });

  it('looks for leaks where one statement would have too many stages, finds those that the embedded home finds, and leaves no table behind', async () => {
    const declared = await predictorNamed(runtime, PREDICTOR);
    const features = await featuresOf(runtime);
    const parameters = { parameters: await runtime.parameters('2018-10-18', declared.sql) };
    await expect(home.context.engine.query(asItStood(trainingSql(declared, features).replace(/\nORDER BY [^\n]*$/, ''), home.context.project, undefined).sql, parameters)).rejects.toThrow(/Number of stages|too many stages/i);

    const leaky: LoadedPredictor = { ...declared, sql: declared.sql.replaceAll('CASE WHEN delivered_date < moments.moment THEN delivery_days END', 'delivery_days') };
    expect(leaky.sql).not.toBe(declared.sql);
    const planted = <Where extends Pick<Runtime, 'learning'>>(where: Where, registry: NonNullable<Runtime['learning']>['registry']): Where => ({ ...where, learning: { predictors: new Map([[PREDICTOR, leaky]]), features, registry } });
    const here = await lookThrough(planted(runtime, registryOf(runtime)), PREDICTOR, { allowLeaks: true });
    const { looked: there } = await step<Looked>({ step: 'look', predictor: PREDICTOR, allow_leaks: true }, planted(learning, learning.learning!.registry));
    const told = ({ cuts, rows, whole, leaks }: LeakCheck) => ({ cuts, rows, whole, leaks: leaks.map(({ feature, rows: differing, example: { entity } }) => [feature, differing, entity]) });
    expect(told(there!)).toEqual(told(here!));
    expect(there!.leaks.map(({ feature }) => feature)).toEqual(['avg_delivery_days']);
    expect(await home.context.engine.listStagings()).toEqual([]);
    const left: string[] = [];
    for await (const { path } of home.context.lake.context.files.list(`${(home.context as AwsContext).stagingLocation}/`)) if (path.includes('silver__delivery_zones')) left.push(path);
    // What the batch published from its own staging place stays there.
    expect(left.filter((path) => path.includes('/metadata/'))).toEqual([]);
  });

  it('writes the same batch predictions into gold, by one commit', async () => {
    for (const registry of [registryOf(runtime), learning.learning!.registry]) {
      if ((await registry.aliases(PREDICTOR)).champion === undefined) await registry.setAlias(PREDICTOR, 'champion', '1', systemClock.now());
    }
    const here = await predictInHome(runtime, PREDICTOR);
    const there = await step<Extract<LearnResult, { table: string }>>({ step: 'predict', predictor: PREDICTOR });
    expect([there.table, there.rows]).toEqual([here.table, here.rows]);
    const sql = `SELECT customer_unique_id, risk, probability FROM ${here.table} ORDER BY 1`;
    const [one, other] = [await (await runtime.engine()).query(sql), await home.context.engine.query(sql)];
    expect(other.rows.length).toBe(here.rows);
    const far = one.rows.filter((row, index) => row[0] !== other.rows[index]![0] || Math.abs(Number(row[2]) - Number(other.rows[index]![2])) > 0.02);
    expect(far.length / one.rows.length).toBeLessThan(0.02);
    const [namespace, name] = here.table.split('.');
    expect((await home.context.lake.loadTable({ namespace: namespace!, name: name! })).metadata.snapshots).toHaveLength(1);
  });

  it('lets the champion of demand price all items, as the embedded home does, into gold by one commit', async () => {
    const { card: { asOf } } = await trainInHome(runtime, 'price');
    await step({ step: 'train', predictor: 'price', as_of: asOf, looked: null });
    for (const registry of [registryOf(runtime), learning.learning!.registry]) {
      if ((await registry.aliases('price')).champion === undefined) await registry.setAlias('price', 'champion', '1', systemClock.now());
    }
    const { list: here } = await computePrices(runtime, { policy: 'model' });
    const { files } = home.context.lake.context;
    const { pricing } = (await runtime.project()).config;
    const store = await apiTable();
    const there = await listPrices(pricesRuntime(home.context as AwsContext, MODELS, pricing), { store, files, exports: `s3://${NAMED}/exports/prices`, demand: `s3://${MODELS}/serving/demand.json`, states: `s3://${MODELS}/answers` }, { policy: 'model' });
    expect([there.rows, there.version, there.demand]).toEqual([here.prices.length, expect.stringMatching(/, price 1$/) as string, 'price 1']);
    const { rows } = await home.context.engine.query('SELECT product_id, CAST(price AS double), list_id FROM gold.prices ORDER BY product_id');
    const known = new Map(here.prices.map(({ productId, price }) => [productId, price]));
    // Where a tree cuts hangs on the last digits of means, which engines make differently.
    expect(rows.filter(([sku, price]) => Math.abs(known.get(String(sku))! - Number(price)) > 0.001).length / rows.length).toBeLessThan(0.05);
    const current = JSON.parse(Buffer.from(await files.read(`s3://${NAMED}/exports/prices/current.json`)).toString()) as { list_id: string; rows: number; files: { name: string; bytes: number }[] };
    expect([current.list_id, current.rows, rows[0]![2]]).toEqual([there.list, here.prices.length, there.list]);
    for (const { name, bytes } of current.files) expect((await files.stat(`s3://${NAMED}/exports/prices/${name}`))!.size).toBe(bytes);
    expect((await home.context.lake.loadTable({ namespace: 'gold', name: 'prices' })).metadata.snapshots).toHaveLength(1);
    // The command shows what the account holds, and that the shop's files and the API hold the same.
    const { list, places } = await listedFromElsewhere();
    expect([list.header.listId, list.header.policy, list.header.rows, places]).toEqual([there.list, 'model', here.prices.length, { exported: there.list, online: there.list }]);
    expect(list.prices.map(({ productId, price }) => [productId, price])).toEqual(rows.map(([sku, price]) => [sku, Number(price)]));
  });

  it('goes through its machine, predictor by predictor', async () => {
    const interpreter = new Interpreter(LEARNING_MACHINE, {
      clock: systemClock, random: Math.random,
      resources: {
        'arn:aws:states:::lambda:invoke': async (argument) => {
          const { Payload } = argument as unknown as { Payload: LearnEvent };
          const answer = await step(JSON.parse(JSON.stringify(Payload)) as LearnEvent).catch((error: unknown) => {
            throw error instanceof MillraceError ? new StateFailure(`Millrace.${error.code}`, error.message) : error;
          });
          return { Payload: JSON.parse(JSON.stringify(answer)) as Json };
        },
      },
    });
    const outcome = await interpreter.run({ predictors: [PREDICTOR], tune: { trials: 2, seed: 5 } }, { id: 'l', name: 'l' });
    expect([outcome.status, outcome]).toEqual(['succeeded', expect.anything()]);
    const versions = await learning.learning!.registry.versions(PREDICTOR);
    expect(versions.map(({ version }) => version)).toEqual(['1', '2']);
    expect(versions[1]!.tuning?.trials.map(({ trial }) => trial)).toEqual([0, 1, 2]);
    // What was looked through is not looked through again.
    expect(versions[1]!.leaks).toEqual(versions[0]!.leaks);
  });

  it('needs no more than the policy of its function gives', async () => {
    const { learning: resources, folder: synthesised } = await synthesise({ stage: 'rehearsal' });
    await rm(synthesised, { recursive: true, force: true });
    const statements = policiesOf(resources, 'millrace-rehearsal-').get('learn')!.map(({ actions, resources: places }) => ({ actions, resources: places.map((text) => text.replaceAll('-ACCOUNT-REGION', '').replaceAll('eu-central-1', 'REGION')) }));
    const wishes = [...wanted.get('learn')!.values()];
    expect(wishes.flatMap(({ action, resources: places }) => places.filter((place) => !allows(statements, action, place)).map((place) => `${action} on ${place}`))).toEqual([]);
    expect(wishes.map(({ action }) => action)).toEqual(expect.arrayContaining(['glue:CreateTable', 'glue:DeleteTable', 's3:PutObject', 'athena:StartQueryExecution']));
  });
});
