// Answers of a deployed stage, proved: the deployed bundles answer, log, predict and tag over an AWS that others wrote; then the shop moves on and everything untagged
// expires; then the real command explains each answer and computes it again, by an Athena whose SQL a Trino executes.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AthenaClient, CreateWorkGroupCommand } from '@aws-sdk/client-athena';
import { CreateTableCommand, DeleteItemCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { CreateDatabaseCommand, GlueClient } from '@aws-sdk/client-glue';
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { APIGatewayProxyResult } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../lib/base/index.ts';
import { awsRequests } from '../../lib/base/aws/index.ts';
import { backfillFeatures } from '../../lib/features/index.ts';
import { openDynamoDbStore, sdkDynamoDb } from '../../lib/features/aws/index.ts';
import type { Lake, TableName } from '../../lib/lake/index.ts';
import { overwriteRows, scanSql } from '../../lib/lake/duckdb/index.ts';
import { featuresOf, openRuntime, predictorNamed, type Runtime } from '../../lib/local/index.ts';
import type { Explanation, Reproduction } from '../../lib/answers/index.ts';
import { tablesNamedIn } from '../../lib/warehouse/index.ts';
import { trainingSql } from '../../lib/learning/index.ts';
import { newKey, TABLES_OF_HISTORIES, TABLES_OF_PRICES, TABLES_OF_SHIPPING, type PredictionRecord } from '../../lib/serving/index.ts';
import { recentAnswer } from '../../lib/serving/aws/index.ts';
import { bundleFunctions } from '../../lib/stacks/bundle.ts';
import { readProjectFile } from '../../lib/stacks/project-file.ts';
import { LAYERS } from '../../lib/stacks/stage.ts';
import { openAccountTables, type AccountTables } from '../../lib/warehouse/athena/index.ts';
import { startLambda, type LambdaProcess } from '../aws/support/lambda-process.ts';
import { synthesise } from '../aws/support/stage.ts';
import { startAwsRehearsal, type AwsRehearsal } from './support/aws-rehearsal.ts';
import { lambdaNode } from './support/engines.ts';
import { recordingDoor, refusedTo, type Door } from './support/recorded-calls.ts';
import { pairs, trainedHome, until, verb, type SampleHome } from './support/served-home.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 1_200_000 });

const ROOT = join(import.meta.dirname, '../..');
const [STAGE, REGION, ACCOUNT] = ['millrace-dev', 'eu-central-1', '000000000000'] as const;
const bucket = (name: string): string => `${STAGE}-${name}-${ACCOUNT}-${REGION}`;
const FUNCTIONS = ['snapshot', 'prices', 'learn', 'maintain', 'score'] as const;

let folder: string;
let aws: AwsRehearsal;
let home: SampleHome;
let runtime: Runtime;
let account: AccountTables;
let lake: Lake;
let s3: S3Client;
let dynamo: DynamoDBClient;
const lambdas = new Map<string, LambdaProcess>();
/** What each function asks AWS for goes through doors of its own. */
const doors = new Map<string, Door[]>();
/** Ids of answers by what they are about. */
const ids: Record<string, string> = {};

const invoke = async <Result>(name: (typeof FUNCTIONS)[number], event: unknown): Promise<Result> => {
  const answer = await lambdas.get(name)!.invoke(event);
  if ('errorType' in answer) throw new Error(`${name}: ${answer.errorType}: ${answer.errorMessage}`);
  return answer.result as Result;
};

const nameOf = (text: string): TableName => ({ namespace: text.split('.')[0]!, name: text.split('.')[1]! });

/** The table as the home has it, in the account. */
async function copied(text: string): Promise<void> {
  const table = await runtime.lake.loadTable(nameOf(text));
  const { schema } = table;
  const made = await lake.createTable(nameOf(text), { columns: schema.fields.map(({ name, type }) => ({ name, type })) });
  const scan = await table.scan();
  await put(made, scanSql({ schema, files: scan.files, specs: table.metadata['partition-specs'], properties: table.properties }));
}

async function put(table: Awaited<ReturnType<Lake['loadTable']>>, select: string): Promise<void> {
  await (await runtime.database()).use((session) => overwriteRows(session, table, { sql: 'TRUE' }, `SELECT * FROM (${select})`, { temporaryFolder: runtime.home.temporary }));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-stage-answers-'));
  aws = await startAwsRehearsal();
  // The same emulator's DynamoDB is quicker than the one that is AWS's own: the whole sample's features are put into it.
  const endpoints = { ...aws.endpoints, dynamodb: aws.endpoints.s3 };
  // As whoever works with an emulator sets it; the command runs in processes of its own.
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_ENDPOINT_URL_S3: endpoints.s3, AWS_ENDPOINT_URL_STS: endpoints.s3, AWS_ENDPOINT_URL_GLUE: endpoints.glue, AWS_ENDPOINT_URL_ATHENA: endpoints.athena,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb, AWS_ENDPOINT_URL_KINESIS: endpoints.kinesis,
  });
  const client = { region: REGION, credentials: aws.credentials };
  s3 = new S3Client({ ...client, endpoint: endpoints.s3, forcePathStyle: true });
  dynamo = new DynamoDBClient({ ...client, endpoint: endpoints.dynamodb });
  for (const name of ['lake', 'results', 'models']) await s3.send(new CreateBucketCommand({ Bucket: bucket(name), CreateBucketConfiguration: { LocationConstraint: REGION } }));
  const glue = new GlueClient({ ...client, endpoint: endpoints.glue });
  for (const layer of LAYERS) await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: `millrace_dev_${layer}` } }));
  const athena = new AthenaClient({ ...client, endpoint: endpoints.athena });
  await athena.send(new CreateWorkGroupCommand({ Name: `${STAGE}-batch`, Configuration: { EnforceWorkGroupConfiguration: true, ResultConfiguration: { OutputLocation: `s3://${bucket('results')}/athena/` } } }));
  const keys = [{ AttributeName: 'pk', KeyType: 'HASH' as const }, { AttributeName: 'sk', KeyType: 'RANGE' as const }];
  for (const name of ['online', 'api']) {
    await dynamo.send(new CreateTableCommand({ TableName: `${STAGE}-${name}`, KeySchema: keys, AttributeDefinitions: keys.map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' as const })), BillingMode: 'PAY_PER_REQUEST' }));
  }
  const kinesis = awsRequests({ service: 'kinesis', region: REGION, endpoint: endpoints.kinesis, clock: systemClock, credentials: async () => aws.credentials });
  for (const name of ['predictions', 'outcomes']) {
    await kinesis({ method: 'POST', headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'Kinesis_20131202.CreateStream' }, body: JSON.stringify({ StreamName: `${STAGE}-${name}`, ShardCount: 1 }) });
  }
  account = openAccountTables({ stage: STAGE, region: REGION, account: ACCOUNT, namespaces: LAYERS, clock: systemClock, environment: process.env });
  ({ lake } = account);

  home = await trainedHome();
  runtime = await openRuntime({ home: home.root, project: ROOT });
  const project = await runtime.project();
  const features = await featuresOf(runtime);
  const training = tablesNamedIn(trainingSql(await predictorNamed(runtime, 'conversion'), features));
  const wanted = new Set([...TABLES_OF_PRICES, ...TABLES_OF_SHIPPING, ...TABLES_OF_HISTORIES, ...training, ...[...features.views.values()].map(({ source }) => source.table)]);
  for (const text of wanted) if ((await runtime.lake.findTable(nameOf(text)))?.currentSnapshot !== undefined) await copied(text);
  for (const text of ['silver.predictions', 'silver.outcomes']) await lake.createTable(nameOf(text), { columns: (await runtime.lake.loadTable(nameOf(text))).schema.fields.map(({ name, type }) => ({ name, type })) });
  const models = join(home.root, 'models');
  for (const entry of await readdir(models, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile()) await s3.send(new PutObjectCommand({ Bucket: bucket('models'), Key: `registry/${file.slice(models.length + 1)}`, Body: await readFile(file) }));
  }
  const online = openDynamoDbStore({ calls: sdkDynamoDb(dynamo), table: `${STAGE}-online`, clock: systemClock });
  await backfillFeatures({ features, store: online, lake: runtime.lake, engine: await runtime.engine(), clock: systemClock });

  const { config: { shop } } = project;
  for (const { name, folder: bundle } of await bundleFunctions({ root: ROOT, out: join(folder, 'bundles'), functions: FUNCTIONS, project: await readProjectFile(ROOT, ROOT, project.sources) })) {
    const places: Record<string, string> = {};
    for (const [service, endpoint] of Object.entries({ S3: endpoints.s3, GLUE: endpoints.glue, ATHENA: endpoints.athena, DYNAMODB: endpoints.dynamodb })) {
      const door = await recordingDoor(endpoint);
      doors.set(name, [...doors.get(name) ?? [], door]);
      places[`AWS_ENDPOINT_URL_${service}`] = door.endpoint;
    }
    lambdas.set(name, await startLambda({
      folder: bundle, name, temporary: join(folder, 'tmp', name), node: lambdaNode(), memoryMb: 3538,
      environment: {
        MILLRACE_APP: 'millrace', MILLRACE_STAGE: 'dev', MILLRACE_VERSION: '1.0.0', MILLRACE_STREAM_PREFIX: `${STAGE}-`, MILLRACE_MODELS: bucket('models'), MILLRACE_API_TABLE: `${STAGE}-api`, MILLRACE_ONLINE_TABLE: `${STAGE}-online`,
        MILLRACE_SHOP_CURRENCY: shop.currency, MILLRACE_SHOP_TIME_ZONE: shop.timeZone, MILLRACE_LAKE: `s3://${bucket('lake')}`, MILLRACE_LANDING: `s3://${bucket('landing')}`, MILLRACE_WORKGROUP: `${STAGE}-batch`, MILLRACE_PRIVACY_KEYS: 'keys',
        MILLRACE_SCRATCH_MB: '2048', MILLRACE_UPKEEP: JSON.stringify({ keepSnapshotsHours: 0, keepStreamSnapshotsHours: 0, keepAtLeast: 1, keepAnswersDays: 400 }),
        AWS_REGION: REGION, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_ENDPOINT_URL_KINESIS: endpoints.kinesis, ...places,
      },
    }));
  }
});
afterAll(async () => {
  for (const lambda of lambdas.values()) await lambda.stop();
  for (const door of [...doors.values()].flat()) await door.close();
  await runtime?.close();
  await home?.remove();
  account?.close();
  s3?.destroy();
  dynamo?.destroy();
  await aws?.stop();
  await rm(folder, { recursive: true, force: true });
});

const { key, kept } = newKey('web', { scopes: ['predict'] });
async function answered(path: string, body: unknown): Promise<APIGatewayProxyResult> {
  return invoke<APIGatewayProxyResult>('score', {
    httpMethod: 'POST', path, body: JSON.stringify(body), isBase64Encoded: false, headers: { 'x-api-key': key, 'content-type': 'application/json' }, multiValueHeaders: {}, multiValueQueryStringParameters: null,
    requestContext: { requestId: 'r', authorizer: { keyId: 'web', hash: kept.hash, scopes: 'predict price shipping recommendations' } },
  });
}

async function ask<Answer>(path: string, body: unknown): Promise<Answer> {
  const { statusCode, body: text } = await answered(path, body);
  expect([path, statusCode, text]).toEqual([path, 200, expect.anything()]);
  return JSON.parse(text) as Answer;
}

interface Told { code: number | null; err: string }
const told = async <Answer>(word: string, id: string, ...more: string[]): Promise<Told & { told: Answer | undefined }> => {
  const { code, out, err } = await verb(join(folder, 'nobody-is-home'), word, id, '--stage', 'dev', '--json', ...more);
  return { code, err, told: out === '' ? undefined : JSON.parse(out) as Answer };
};

describe('answers of a stage', () => {
  it('are given from what is noted before, and logged', async () => {
    const met = await pairs(home.root, 3);
    expect(await invoke('snapshot', {})).toEqual({ prices: 'made', shipping: 'made', recommender: 'made' });
    expect(await invoke('snapshot', {})).toEqual({ prices: 'unchanged', shipping: 'unchanged', recommender: 'unchanged' });
    expect(await invoke('prices', {})).toMatchObject({ policy: expect.any(String) as string });
    expect(await invoke('snapshot', {})).toMatchObject({ prices: 'made' });
    const { rows: [[sku] = []] } = await (await runtime.engine()).query('SELECT min(product_id) FROM gold.pricing_features WHERE current_price > 0 AND supplier_cost IS NOT NULL');
    // The function looks every half minute at what there is to answer from, beside the requests.
    await until('every part is loaded', async () => (await answered('/v1/price', { skus: [sku] })).statusCode === 200 && (await answered('/v1/recommendations', { visitor_id: met[0]!.visitorid })).statusCode === 200, 120);
    const first = async (path: string, body: unknown, list: string) => (await ask<Record<string, { prediction_id: string }[]>>(path, body))[list]![0]!.prediction_id;
    ids['model'] = await first('/v1/predict/conversion', { rows: [met[0]] }, 'predictions');
    ids['forgotten'] = await first('/v1/predict/conversion', { rows: [met[1]] }, 'predictions');
    ids['no model'] = await first('/v1/predict/churn', { rows: [{ customer_id: 'c1' }] }, 'predictions');
    ids['price'] = await first('/v1/price', { skus: [sku] }, 'prices');
    ids['listed price'] = await first('/v1/price', { skus: [sku], precomputed: true }, 'prices');
    ids['quote'] = (await ask<{ prediction_id: string }>('/v1/shipping/quote', { destination_postcode: '20040', parcels: [{ weight_kg: 1.2 }], order_value: 80 })).prediction_id;
    ids['recommendations'] = (await ask<{ prediction_id: string }>('/v1/recommendations', { visitor_id: met[0]!.visitorid, limit: 5 })).prediction_id;
    const { table } = await invoke<{ table: string }>('learn', { step: 'predict', predictor: 'conversion', as_of: '2018-10-17' });
    ids['batch'] = String((await account.engine.query(`SELECT min(prediction_id) FROM ${table}`)).rows[0]![0]);
    const { Contents: noted = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket('models'), Prefix: 'answers/' }));
    expect([...new Set(noted.map(({ Key }) => Key!.split('/')[1]))].sort()).toEqual(['features', 'lists', 'prices', 'recommendations', 'shipping']);
  });

  it('are in silver from the batch on, with what came of them; of one the API remembers nothing any more', async () => {
    const api = openDynamoDbStore({ calls: sdkDynamoDb(dynamo), table: `${STAGE}-api`, clock: systemClock });
    const record = await recentAnswer(api, ids['forgotten']!);
    const { predicted_at: at, ...rest } = record as PredictionRecord;
    const table = await lake.loadTable(nameOf('silver.predictions'));
    const cells: Record<string, string> = {
      ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null && value !== undefined).map(([name, value]) => [name, typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)])),
      predicted_at: `make_timestamp(${at * 1000})`, predicted_date: `DATE '${new Date(at).toISOString().slice(0, 10)}'`,
    };
    await put(table, `SELECT ${table.schema.fields.map(({ name }) => `${cells[name] ?? 'NULL'} AS "${name}"`).join(', ')}`);
    const outcomes = await lake.loadTable(nameOf('silver.outcomes'));
    const happened: Record<string, string> = { outcome_id: "'o1'", prediction_id: `'${ids['forgotten']}'`, outcome: "'purchase'", value: '12.5', key_id: "'web'", occurred_at: `make_timestamp(${(at + 1000) * 1000})`, occurred_date: cells['predicted_date']! };
    await put(outcomes, `SELECT ${outcomes.schema.fields.map(({ name }) => `${happened[name] ?? 'NULL'} AS "${name}"`).join(', ')}`);
    await forgetRecent(`prediction:${ids['forgotten']}`);
    expect(await recentAnswer(api, ids['forgotten']!)).toBeUndefined();
  });

  it('stay provable when the shop has moved on and upkeep has let go of what nobody needs', async () => {
    for (const [text, change] of [['gold.pricing_features', 'current_price = current_price * 2'], ['gold.prices', 'price = price + 1'], ['silver.shipping_rates', 'base_price = base_price + 3'], ['silver.events', "event = 'view'"], ['gold.shipping_rate_cards', undefined]] as const) {
      const table = await lake.findTable(nameOf(text));
      if (table?.currentSnapshot === undefined) continue;
      // What it was is read from the home: the account's files are not on this machine.
      const source = await runtime.lake.findTable(nameOf(text));
      const [column = '', value = ''] = (change ?? '').split(' = ');
      if (source?.currentSnapshot === undefined) continue;
      const all = scanSql({ schema: source.schema, files: (await source.scan()).files, specs: source.metadata['partition-specs'], properties: source.properties });
      await put(table, change === undefined ? all : `SELECT * REPLACE (${value} AS "${column}") FROM (${all})`);
    }
    const { tables, kept: tagged } = await invoke<{ tables: string[]; kept: number }>('maintain', { step: 'begin', running: [] });
    expect(tagged).toBeGreaterThan(5);
    for (const table of tables.filter((name) => /pricing_features|shipping|silver\.events$/.test(name))) expect(await invoke('maintain', { step: 'table', table })).toMatchObject({ finished: true, problems: [] });
    const { metadata } = await lake.loadTable(nameOf('gold.pricing_features'));
    expect([metadata.snapshots.length, Object.keys(metadata.refs).filter((name) => name.startsWith('answers.')).length]).toEqual([2, 1]);
  });

  for (const [what, kind] of Object.entries({ model: 'conversion', forgotten: 'conversion', price: 'price', 'listed price': 'price', quote: 'shipping', recommendations: 'recommendations', batch: 'conversion' })) {
    it(`are the same again: ${what}`, async () => {
      const { code, err, told: again } = await told<Reproduction>('reproduce', ids[what]!);
      expect([code, err, again]).toEqual([0, expect.anything(), expect.objectContaining({ predictionId: ids[what], kind, equal: true, differences: [] })]);
      expect(Object.keys(again!.snapshots).length).toBeGreaterThan(0);
    });
  }

  it('are explained: inputs with where they are from and how old they are, contributions, and the outcome', async () => {
    const { code, told: one } = await told<Explanation>('explain', ids['forgotten']!);
    expect([code, one]).toEqual([0, expect.objectContaining({ prediction: expect.objectContaining({ prediction_id: ids['forgotten'], kind: 'conversion' }) as unknown, outcomes: [expect.objectContaining({ outcome: 'purchase', value: 12.5 })] })]);
    const ofStore = one!.features.filter(({ source }) => source.includes('silver.events'));
    expect([ofStore.length > 0, ofStore.some(({ newest }) => newest !== undefined), one!.features.every(({ contribution }) => contribution !== undefined)]).toEqual([true, true, true]);
    for (const what of ['price', 'quote', 'recommendations', 'batch']) {
      const { code: ended, told: other } = await told<Explanation>('explain', ids[what]!);
      expect([what, ended, Object.keys(other!.answer).length > 0]).toEqual([what, 0, true]);
    }
  });

  it('that cannot be computed again say why, by the codes of a home', async () => {
    expect(await told('reproduce', ids['no model']!)).toMatchObject({ code: 7, err: expect.stringContaining('answered by no model') as string });
    expect((await told<Explanation>('explain', ids['no model']!)).told).toMatchObject({ reason: expect.stringMatching(/model missing|no version/) as string });
    expect(await told('reproduce', '01a1fe58-caf0-7d77-b06c-d1204dad934b')).toMatchObject({ code: 4, err: expect.stringContaining('silver.predictions of millrace-dev') as string });
    expect(await told('explain', ids['forgotten']!.slice(0, 13))).toMatchObject({ code: 4, err: expect.stringContaining(ids['forgotten']!) as string });
    expect(await told('explain', 'what is this')).toMatchObject({ code: 2 });
    const table = await lake.loadTable(nameOf('gold.pricing_features'));
    for (const tag of Object.keys(table.metadata.refs).filter((name) => name.startsWith('answers.'))) await table.removeTag(tag);
    await (await lake.loadTable(nameOf('gold.pricing_features'))).expireSnapshots({ olderThanMilliseconds: 0, keepAtLeast: 1 });
    expect(await told('reproduce', ids['price']!)).toMatchObject({ code: 4, err: expect.stringContaining('expired: gold.pricing_features at snapshot') as string });
  });
});

/** As DynamoDB does after thirty days. */
async function forgetRecent(pk: string): Promise<void> {
  const { Items = [] } = await dynamo.send(new ScanCommand({ TableName: `${STAGE}-api` }));
  for (const item of Items) if (item['pk']?.S === pk) await dynamo.send(new DeleteItemCommand({ TableName: `${STAGE}-api`, Key: { pk: item['pk'], sk: item['sk']! } }));
}

describe('what the functions asked AWS for', () => {
  it('is what their roles are given', async () => {
    const { serving, batch, learning, folder: synthesised } = await synthesise({ stage: 'dev' }) as Awaited<ReturnType<typeof synthesise>> & { batch: Parameters<typeof refusedTo>[0]; learning: Parameters<typeof refusedTo>[0] };
    await rm(synthesised, { recursive: true, force: true });
    for (const [name, resources] of [['snapshot', serving], ['prices', serving], ['maintain', batch], ['learn', learning]] as const) {
      expect([name, refusedTo(resources, name, doors.get(name)!.flatMap(({ calls }) => calls))]).toEqual([name, []]);
    }
  });
});
