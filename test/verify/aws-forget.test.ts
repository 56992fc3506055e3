// `millrace forget --stage` as a person runs it, over an S3, a Glue, a Secrets Manager and a DynamoDB that others wrote and an Athena whose SQL a Trino executes: somebody's data go
// through ingest and the batch, into online features, remembered answers, failed records and what the API answers from; then they are forgotten, and nothing of them is in any
// version of any object, in any row of any snapshot, or in any item.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CreateTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, GetObjectCommand, ListObjectVersionsCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../lib/base/index.ts';
import { applyTables } from '../../lib/batch/index.ts';
import { runProgram, VERBS, type Terminal } from '../../lib/cli/index.ts';
import { backfillFeatures, loadFeatures } from '../../lib/features/index.ts';
import { openDynamoDbStore, sdkDynamoDb } from '../../lib/features/aws/index.ts';
import type { ForgetReceipt } from '../../lib/forget/index.ts';
import { Database, overwriteRows } from '../../lib/lake/duckdb/index.ts';
import { readAvroFile } from '../../lib/lake/format/avro-file.ts';
import { loadProject } from '../../lib/local/index.ts';
import { readProjectFile } from '../../lib/stacks/project-file.ts';
import { compileWorkflow, type Json, type Outcome } from '../../lib/workflow/index.ts';
import { smallShop, type SmallShop } from '../support/small-shop.ts';
import { makeAwsHome, type AwsHome } from './support/aws-home.ts';
import { startAwsRehearsal, type AwsRehearsal } from './support/aws-rehearsal.ts';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

const ROOT = join(import.meta.dirname, '../..');
const [STAGE, ACCOUNT, REGION] = ['small-dev', '000000000000', 'eu-central-1'] as const;
const bucket = (name: string): string => `${STAGE}-${name}-${ACCOUNT}-${REGION}`;
const BUCKETS = ['landing', 'lake', 'results', 'failed', 'models'] as const;

let aws: AwsRehearsal;
let shop: SmallShop;
let folder: string;
let home: AwsHome;
let s3: S3Client;
let dynamo: DynamoDBClient;
/** Step Functions and Lambda, as far as the command asks for them. */
let services: Server;
let environment: Record<string, string>;
/** What an execution runs into, once. */
let trouble: string | undefined;
/** undefined: at work. */
const executions: (Outcome | undefined)[] = [];

const write = (name: string, text: string) => shop.write(name, text);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-aws-forget-'));
  shop = smallShop();
  write('millrace.config.ts', `import { defineConfig } from '${ROOT}/lib/base/index.ts';
export const config = defineConfig({ app: 'small', shop: { timeZone: 'UTC', currency: 'EUR' }, stages: { dev: { region: '${REGION}', account: '${ACCOUNT}', scanLimitBytes: 10_000_000_000, deletable: true } } });
`);
  write('contracts/purchases.ts', `import { id, money, source, timestamp } from '${ROOT}/lib/contracts/index.ts';
export const purchases = source('purchases', {
  description: 'One row a purchase.', owner: 'tests', version: '1.0', files: {}, timeZone: 'UTC', currency: 'EUR', key: ['purchase_id'], eventTime: 'bought_at', stream: { partitionKey: 'person_id', maxAgeDays: 4000, maxFutureMinutes: 15 },
  columns: { purchase_id: id(), person_id: id({ references: 'people' }), amount: money({ min: 0 }), bought_at: timestamp() },
});
`);
  write('sql/silver/purchases.sql', `/*
description: Purchases.
owner: tests
kind: partitions
partition_by: month(bought_on)
time: { column: bought_on, grain: month }
changes:
  source.purchases: bought_at__date
accounts:
  purchases: count(*)
*/
SELECT purchase_id, person_id AS buyer_id, person_id, amount, bought_at, bought_at__date AS bought_on, _ingested_at AS ingested_at FROM source.purchases
`);
  write('features/features.ts', `import { count, distinct, featureSource, featureView } from '${ROOT}/lib/features/index.ts';
export const purchases = featureSource('purchases', { table: 'silver.purchases', columns: { bought_at: 'bought_at', buyer_id: 'person_id', purchase_id: 'purchase_id', amount: 'amount' } });
export const buyer = featureView('buyer', { from: 'purchases', entity: 'buyer_id', time: 'bought_at', description: 'A buyer.' }, { purchases_90d: count({ within: '90d' }) });
export const buyer_purchase = featureView('buyer_purchase', { from: 'purchases', entity: ['purchase_id', 'buyer_id'], time: 'bought_at', description: 'Both.' }, { times_90d: count({ within: '90d' }) });
`);
  const project = await loadProject(shop.project);
  const file = await readProjectFile(ROOT, shop.project, project.sources);
  aws = await startAwsRehearsal();
  const client = { region: REGION, credentials: aws.credentials };
  home = await makeAwsHome(aws, file, join(folder, 'scratch'), project.config.shop, systemClock, { app: 'small', stage: 'dev', databasePrefix: 'small_dev_', buckets: { lake: bucket('lake'), landing: bucket('landing'), results: bucket('results') } });
  s3 = new S3Client({ ...client, endpoint: aws.endpoints.s3, forcePathStyle: true });
  dynamo = new DynamoDBClient({ ...client, endpoint: aws.endpoints.dynamodb });
  for (const name of ['failed', 'models']) await s3.send(new CreateBucketCommand({ Bucket: bucket(name), CreateBucketConfiguration: { LocationConstraint: REGION } }));
  for (const name of ['landing', 'models']) await s3.send(new PutBucketVersioningCommand({ Bucket: bucket(name), VersioningConfiguration: { Status: 'Enabled' } }));
  const keys = [{ AttributeName: 'pk', KeyType: 'HASH' as const }, { AttributeName: 'sk', KeyType: 'RANGE' as const }];
  for (const name of ['online', 'api']) {
    await dynamo.send(new CreateTableCommand({ TableName: `${STAGE}-${name}`, KeySchema: keys, AttributeDefinitions: keys.map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' as const })), BillingMode: 'PAY_PER_REQUEST' }));
  }
  const definition = compileWorkflow(project.workflows.get('batch')!, project.graph);
  services = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
      const answer = (body: unknown, status = 200) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      const body = JSON.parse(Buffer.concat(parts).toString('utf8') || '{}') as Record<string, string>;
      if (request.url?.includes('/functions/small-dev-snapshot/') === true) {
        void put('models', 'serving/recommender.json', JSON.stringify({ histories: ['person-bert'] })).then(() => answer({ recommender: 'made' }));
        return;
      }
      switch (String(request.headers['x-amz-target']).split('.')[1]) {
        case 'ListExecutions': return answer({ executions: [] });
        case 'StartExecution':
          if (trouble !== undefined) executions.push({ status: 'failed', error: trouble, cause: 'for this test' });
          else {
            const at = executions.push(undefined) - 1;
            void home.run(definition, undefined, JSON.parse(body['input']!) as Json).then(({ outcome }) => { executions[at] = outcome; }, (error: Error) => { executions[at] = { status: 'failed', error: 'Broken', cause: error.message }; });
          }
          trouble = undefined;
          return answer({ executionArn: `arn:execution:${executions.length - 1}` });
        case 'DescribeExecution': {
          const outcome = executions[Number(body['executionArn']!.split(':').at(-1))];
          return answer({ status: outcome?.status.toUpperCase() ?? 'RUNNING', ...(outcome?.status === 'failed' ? { error: outcome.error, cause: outcome.cause } : {}) });
        }
        default: return answer({ __type: 'UnknownOperation' }, 400);
      }
    });
  });
  await new Promise<void>((resolve) => services.listen(0, '127.0.0.1', resolve));
  const own = `http://127.0.0.1:${(services.address() as AddressInfo).port}`;
  environment = {
    AWS_ENDPOINT_URL_S3: aws.endpoints.s3, AWS_ENDPOINT_URL_STS: aws.endpoints.s3, AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.endpoints.s3, AWS_ENDPOINT_URL_GLUE: aws.endpoints.glue, AWS_ENDPOINT_URL_ATHENA: aws.endpoints.athena,
    AWS_ENDPOINT_URL_DYNAMODB: aws.endpoints.dynamodb, AWS_ENDPOINT_URL_SFN: own, AWS_ENDPOINT_URL_LAMBDA: own,
  };

  // The person's data, wherever a stage has data.
  await applyTables(home.context);
  shop.land('people', '1.csv', ['person-anna,anna@example.org,Bonn', 'person-bert,bert@example.org,Kiel', ',anna@example.org,Bonn']);
  shop.land('purchases', '1.csv', ['1,person-anna,10.00,2026-01-05 10:00:00', '2,person-bert,5.00,2026-02-06 10:00:00', '3,person-anna,-1,2026-02-06 10:00:00']);
  shop.land('purchases', '2.csv', ['4,person-anna,2.00,2026-03-05 10:00:00']);
  await home.land(join(shop.home, 'landing'));
  // The same names were uploaded before: the bucket keeps earlier versions.
  await put('landing', 'purchases/2.csv', 'purchase_id,person_id,amount,bought_at\n4,person-anna,2.00,2026-03-05 10:00:00\n');
  for (const key of ['people/1.csv', 'purchases/1.csv', 'purchases/2.csv']) expect(await home.announce(key)).toMatchObject({ files: 1, refused: 0 });
  const { outcome } = await home.run(definition);
  expect(outcome).toMatchObject({ status: 'succeeded' });
  // A table that no model computes, as predictions are; snapshots that a model and an answer keep.
  const { lake, engine } = home.context;
  const predicted = await lake.createTable({ namespace: 'gold', name: 'spend_predictions' }, { columns: [{ name: 'person_id', type: 'string' }, { name: 'score', type: 'double' }] });
  const database = await Database.open({});
  await database.use((session) => overwriteRows(session, predicted, { sql: 'TRUE' }, "SELECT * FROM (VALUES ('person-anna', 0.5::DOUBLE), ('person-bert', 0.25::DOUBLE)) AS t(person_id, score)", { temporaryFolder: folder }));
  database.close();
  await (await lake.loadTable({ namespace: 'silver', name: 'purchases' })).tag('model.spend.1');
  await (await lake.loadTable({ namespace: 'gold', name: 'spending' })).tag('answers.1');
  const features = await loadFeatures(join(shop.project, 'features'), project.sources);
  await backfillFeatures({ features, store: openDynamoDbStore({ calls: sdkDynamoDb(dynamo), table: `${STAGE}-online`, clock: systemClock }), lake, engine, clock: systemClock });
  const api = openDynamoDbStore({ calls: sdkDynamoDb(dynamo), table: `${STAGE}-api`, clock: systemClock });
  const answer = (id: string, who: string) => [
    { key: `prediction:${id}`, value: JSON.stringify({ prediction_id: id, kind: 'spend', entity: JSON.stringify({ person_id: who }), features: JSON.stringify({ x: 'y'.repeat(2000) }) }), expected: undefined, expiresAt: undefined },
    { key: `idempotency:${id}`, value: JSON.stringify({ fingerprint: 'f', status: 200, body: JSON.stringify({ predictions: [{ prediction_id: id }] }) }), expected: undefined, expiresAt: undefined },
  ];
  await api.write([...answer('01a1fe58-caf0-7d77-b06c-d1204dad934b', 'person-anna'), ...answer('01a1fe58-caf0-7d77-b06c-d1204dad934c', 'person-bert')]);
  for (const version of [1, 2]) await put('models', 'serving/recommender.json', JSON.stringify({ version, histories: ['person-anna', 'person-bert'] }));
  await put('failed', 'firehose/purchases/processing-failed/2026-11-21/part-1', `${JSON.stringify({ rawData: Buffer.from(JSON.stringify({ purchase_id: '9', person_id: 'person-anna' })).toString('base64'), arrivalTimestamp: Date.now(), errorCode: 'Lambda.FunctionError' })}\n`);
});
afterAll(async () => {
  services?.closeAllConnections();
  services?.close();
  s3?.destroy();
  dynamo?.destroy();
  shop?.remove();
  await aws?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function put(name: string, Key: string, Body: string): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: bucket(name), Key, Body }));
}

async function forget(...argv: string[]): Promise<{ code: number; receipt: ForgetReceipt; err: string }> {
  let [out, err] = ['', ''];
  const terminal: Terminal = { out: (text) => void (out += text), err: (text) => void (err += text), interactive: false, colours: false, columns: 120 };
  const code = await runProgram(['forget', ...argv, '--stage', 'dev', '--json', '--home', join(folder, 'nobody-is-home')], VERBS, { project: shop.project, version: '9.9.9', terminal, environment, signal: new AbortController().signal });
  return { code, err, receipt: (out === '' ? {} : JSON.parse(out)) as ForgetReceipt };
}

/** Every version of every object, as text: Parquet as its rows, Avro and the rest as they lie, packed or not. */
async function objectsNaming(...texts: string[]): Promise<string[]> {
  const found: string[] = [];
  const database = await Database.open({});
  const local = join(folder, 'object.parquet');
  for (const name of BUCKETS) {
    const { Versions = [], IsTruncated } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket(name) }));
    expect(IsTruncated ?? false).toBe(false);
    for (const { Key = '', VersionId } of Versions) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket(name), Key, ...(VersionId === undefined || VersionId === 'null' ? {} : { VersionId }) }));
      const bytes = Buffer.from(await Body!.transformToByteArray());
      let text = bytes.toString('utf8');
      if (Key.endsWith('.parquet')) {
        await writeFile(local, bytes);
        text += JSON.stringify(await database.use((session) => session.rows(`SELECT * FROM read_parquet('${local}')`)), (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
      } else if (Key.endsWith('.avro')) text += textIn(readAvroFile(bytes, Key, (_, field) => field).records);
      else if (bytes[0] === 0x1f && bytes[1] === 0x8b) text += gunzipSync(bytes).toString('utf8');
      if (texts.some((each) => text.includes(each))) found.push(`${name}/${Key}`);
    }
  }
  database.close();
  return found;
}

/** All texts and bytes in a value, bounds of columns among them. */
function textIn(value: unknown): string {
  if (typeof value === 'string') return `${value}\n`;
  if (value instanceof Uint8Array) return `${Buffer.from(value).toString('latin1')}\n`;
  if (value instanceof Map) return textIn([...value.entries()]);
  if (Array.isArray(value)) return value.map(textIn).join('');
  return typeof value === 'object' && value !== null ? textIn(Object.values(value)) : '';
}

async function itemsNaming(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of ['online', 'api']) {
    const { Items = [] } = await dynamo.send(new ScanCommand({ TableName: `${STAGE}-${name}` }));
    for (const { pk, d } of Items) if (`${pk?.S}${d?.S ?? ''}${d?.B === undefined ? '' : gunzipSync(d.B).toString('utf8')}`.includes(text)) found.push(`${name} ${pk?.S}`);
  }
  return found;
}

/** Rows in all tables, of all snapshots that there still are. */
async function rowsNaming(text: string): Promise<string[]> {
  const { lake, engine } = home.context;
  const found: string[] = [];
  for (const { namespace, name } of await lake.listTables()) {
    const { metadata } = await lake.loadTable({ namespace, name });
    for (const { 'snapshot-id': id } of metadata.snapshots) {
      const { rows } = await engine.query(`SELECT * FROM ${namespace}.${name} FOR VERSION AS OF ${id}`);
      if (JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)).includes(text)) found.push(`${namespace}.${name} ${id}`);
    }
  }
  return found;
}

describe('millrace forget in a stage', () => {
  it('is looked for where there is something', async () => {
    const [objects, items, rows] = [await objectsNaming('person-anna'), await itemsNaming('person-anna'), await rowsNaming('person-anna')];
    for (const name of BUCKETS.filter((one) => one !== 'results')) expect([name, objects.some((one) => one.startsWith(name))]).toEqual([name, name !== 'failed']);
    expect(items.map((one) => one.split('/').at(-2) ?? one).sort()).toEqual(expect.arrayContaining(['api prediction:01a1fe58-caf0-7d77-b06c-d1204dad934b', 'buyer', 'buyer_purchase']) as unknown);
    expect(rows.map((one) => one.split(' ')[0])).toEqual(expect.arrayContaining(['bronze.purchases', 'silver.purchases', 'gold.spending']) as unknown);
  });

  it('tells before what would go, and changes nothing', async () => {
    const before = await objectsNaming('person-anna');
    const { code, receipt, err } = await forget('purchases', 'person_id=person-anna', '--dry-run');
    expect([code, err, receipt]).toEqual([0, expect.anything(), expect.objectContaining({ bronze: 2, rejected: 1, models: ['silver.purchases', 'gold.spending'] })]);
    expect(receipt.receipt).toBeUndefined();
    expect((await objectsNaming('person-anna')).filter((one) => !one.startsWith('results'))).toEqual(before.filter((one) => !one.startsWith('results')));
  });

  it('gives no receipt while the models could not be computed, and goes on where it was', async () => {
    trouble = 'ModelsFailed';
    const broken = await forget('purchases', 'person_id=person-anna', '--delete-files');
    expect(broken).toMatchObject({ code: 6, err: expect.stringMatching(/the rows are deleted, but the models that show them could not be computed anew: ModelsFailed/) as string });
    const { code, err, receipt } = await forget('purchases', 'person_id=person-anna', '--delete-files');
    expect([code, err, receipt]).toEqual([0, expect.anything(), expect.objectContaining({ bronze: 2, rejected: 2, remaining: 0, runId: expect.any(String) as string })]);
    expect(receipt.files.map(({ path, deleted }) => [path.split('/').slice(-2).join('/'), deleted]).sort()).toEqual([['purchases/1.csv', true], ['purchases/2.csv', true]]);
    expect(receipt.left.join('\n')).toMatch(/Firehose's buffers[\s\S]*legal hold/);
    expect(Object.fromEntries(receipt.beside.map(({ name, items }) => [name, items]))).toMatchObject({ 'online features': 5, 'answers that the API remembers': 2 });
  });

  it('leaves nothing of the person in any version of an object, row of a snapshot, or item; the others stay', async () => {
    const { code, err, receipt } = await forget('people', 'person_id=person-anna', 'email=Anna@Example.org', '--delete-files');
    expect([code, err, receipt]).toEqual([0, expect.anything(), expect.objectContaining({ bronze: 1, rejected: 1, remaining: 0 })]);
    expect([await rowsNaming('person-anna'), await itemsNaming('person-anna'), await objectsNaming('person-anna', 'anna@example.org')]).toEqual([[], [], []]);
    expect([(await rowsNaming('person-bert')).length > 4, (await itemsNaming('person-bert')).length]).toEqual([true, 4]);
    const { rows } = await home.context.engine.query('SELECT person_id, spent FROM gold.spending');
    expect(rows).toEqual([['person-bert', expect.anything()]]);
    const { rows: ledger } = await home.context.engine.query('SELECT source, bronze_rows, remaining_rows FROM ops.forgotten ORDER BY done_at');
    expect(ledger.map(([source]) => source)).toEqual(['purchases', 'people']);
  });
});
