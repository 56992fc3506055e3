// The API as it is deployed, over an S3, a DynamoDB, a Kinesis and an API Gateway that others wrote: the bundles on the Node of the runtime answer as the
// local server does for the same home, keys are looked up, and what was answered is in the stream.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { APIGatewayAuthorizerResult, APIGatewayProxyResult } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { listPrices } from '../../lambdas/prices/index.ts';
import { takeSnapshots } from '../../lambdas/snapshot/index.ts';
import { systemClock } from '../../lib/base/index.ts';
import { awsRequests, textOf, type AwsRequests } from '../../lib/base/aws/index.ts';
import { backfillFeatures, loadFeatures } from '../../lib/features/index.ts';
import { openDynamoDbStore, sdkDynamoDb, signedDynamoDb } from '../../lib/features/aws/index.ts';
import { S3Files } from '../../lib/lake/aws/index.ts';
import { s3ModelStore } from '../../lib/learning/aws/index.ts';
import { openRuntime } from '../../lib/local/index.ts';
import { openAccountKeys } from '../../lib/serving/aws/index.ts';
import { bundleFunctions } from '../../lib/stacks/bundle.ts';
import { readProjectFile } from '../../lib/stacks/project-file.ts';
import { API_FUNCTIONS } from '../../lib/stacks/small-functions.ts';
import { startLambda, type LambdaProcess } from '../aws/support/lambda-process.ts';
import { describeOnlineStore } from '../features/store-contract.ts';
import { modelStoreContract } from '../learning/registry/contract.ts';
import { lambdaNode } from './support/engines.ts';
import { startMinistack, type AwsServer } from './support/ministack.ts';
import { pairs, serve, trainedHome, type SampleHome, type Served } from './support/served-home.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 900_000 });

const ROOT = join(import.meta.dirname, '../..');
const MODELS = 'millrace-rehearsal-models';
const ARN = 'arn:aws:execute-api:eu-central-1:000000000000:abc/rehearsal/POST/v1/predict/conversion';

let aws: AwsServer;
let s3: S3Client;
let dynamo: DynamoDBClient;
const signed = (service: string): AwsRequests =>
  awsRequests({ service, region: aws.config.region, endpoint: aws.config.endpoint, clock: systemClock, timeoutMilliseconds: 20_000, credentials: () => aws.config.credentials });
const kinesis = async (operation: string, body: unknown) =>
  JSON.parse(textOf(await signed('kinesis')({ method: 'POST', headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `Kinesis_20131202.${operation}` }, body: JSON.stringify(body) })) || '{}') as Record<string, unknown>;

beforeAll(async () => {
  aws = await startMinistack();
  s3 = new S3Client({ ...aws.config, forcePathStyle: true });
  dynamo = new DynamoDBClient(aws.config);
  await s3.send(new CreateBucketCommand({ Bucket: MODELS, CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } }));
  for (const name of ['online', 'api', 'api-keys', 'contract']) await createTable(`millrace-rehearsal-${name}`);
  for (const StreamName of ['millrace-rehearsal-predictions', 'millrace-rehearsal-outcomes']) await kinesis('CreateStream', { StreamName, ShardCount: 1 });
});
afterAll(async () => {
  s3?.destroy();
  dynamo?.destroy();
  await aws?.stop();
});

async function createTable(TableName: string): Promise<void> {
  const keys = [{ AttributeName: 'pk', KeyType: 'HASH' as const }, { AttributeName: 'sk', KeyType: 'RANGE' as const }];
  await dynamo.send(new CreateTableCommand({ TableName, KeySchema: keys, AttributeDefinitions: keys.map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' as const })), BillingMode: 'PAY_PER_REQUEST' }));
}

/** All records of a stream. */
async function recordsOf(stream: string): Promise<Record<string, unknown>[]> {
  const { ShardIterator } = await kinesis('GetShardIterator', { StreamName: stream, ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' });
  const { Records = [] } = await kinesis('GetRecords', { ShardIterator, Limit: 10_000 }) as { Records?: { Data: string }[] };
  return Records.map(({ Data }) => JSON.parse(Buffer.from(Data, 'base64').toString()) as Record<string, unknown>);
}

let stores = 0;
modelStoreContract('S3 by signed requests', () => s3ModelStore({ requests: signed('s3'), bucket: MODELS, folder: `contract/${stores += 1}` }));

describeOnlineStore('another DynamoDB by signed requests', async () => ({
  store: openDynamoDbStore({ calls: signedDynamoDb(signed('dynamodb'), { clock: systemClock }), table: 'millrace-rehearsal-contract', clock: systemClock }), close: async () => undefined,
}));

describe('the API as it is deployed', () => {
  let folder: string;
  let home: SampleHome;
  let local: Served;
  let met: { visitorid: string; itemid: string }[];
  let environment: Record<string, string>;
  let sku: string;
  const lambdas = new Map<string, LambdaProcess>();
  let key: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-aws-serving-'));
    home = await trainedHome();
    met = await pairs(home.root, 20);
    const runtime = await openRuntime({ home: home.root, project: ROOT });
    try {
      const { sources, config: { shop } } = await runtime.project();
      const engine = await runtime.engine();
      const models = join(home.root, 'models');
      for (const entry of await readdir(models, { recursive: true, withFileTypes: true })) {
        const file = join(entry.parentPath, entry.name);
        if (entry.isFile()) await s3.send(new PutObjectCommand({ Bucket: MODELS, Key: `registry/${file.slice(models.length + 1)}`, Body: await readFile(file) }));
      }
      const store = openDynamoDbStore({ calls: sdkDynamoDb(dynamo), table: 'millrace-rehearsal-online', clock: systemClock });
      await backfillFeatures({ features: await loadFeatures(join(ROOT, 'features'), sources), store, lake: runtime.lake, engine, clock: systemClock });
      sku = String((await engine.query('SELECT min(product_id) FROM gold.pricing_features WHERE current_price > 0')).rows[0]![0]);
      const context = { lake: runtime.lake, engine: engine as never, shop, clock: systemClock, files: new S3Files(s3) };
      expect(await takeSnapshots(context, MODELS)).toEqual({ prices: 'made', shipping: 'made', recommender: 'made' });
      expect(await takeSnapshots(context, MODELS)).toEqual({ prices: 'unchanged', shipping: 'unchanged', recommender: 'unchanged' });
      const project = await readProjectFile(ROOT, ROOT, sources);
      environment = {
        MILLRACE_APP: 'millrace', MILLRACE_STAGE: 'rehearsal', MILLRACE_VERSION: '1.0.0', MILLRACE_STREAM_PREFIX: 'millrace-rehearsal-', MILLRACE_MODELS: MODELS, MILLRACE_API_TABLE: 'millrace-rehearsal-api',
        MILLRACE_ONLINE_TABLE: 'millrace-rehearsal-online', MILLRACE_KEYS_TABLE: 'millrace-rehearsal-api-keys', MILLRACE_SHOP_CURRENCY: shop.currency, MILLRACE_SHOP_TIME_ZONE: shop.timeZone,
        AWS_REGION: aws.config.region, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_ENDPOINT_URL_S3: aws.config.endpoint, AWS_ENDPOINT_URL_DYNAMODB: aws.config.endpoint, AWS_ENDPOINT_URL_KINESIS: aws.config.endpoint,
      };
      for (const { name, folder: bundle } of await bundleFunctions({ root: ROOT, out: join(folder, 'bundles'), functions: API_FUNCTIONS, project })) {
        lambdas.set(name, await startLambda({ folder: bundle, name, temporary: join(folder, 'tmp', name), environment, node: lambdaNode(), memoryMb: 1769 }));
      }
    } finally {
      await runtime.close();
    }
    local = await serve(home.root);
  });
  afterAll(async () => {
    for (const lambda of lambdas.values()) await lambda.stop();
    await local?.stop();
    await home?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const invoke = async (name: string, event: unknown): Promise<unknown> => {
    const answer = await lambdas.get(name)!.invoke(event);
    if ('errorType' in answer) throw new Error(`${answer.errorType}: ${answer.errorMessage}`);
    return answer.result;
  };
  const authorized = async (given = key) => (await invoke('authorize', { headers: { 'X-Api-Key': given }, methodArn: ARN })) as APIGatewayAuthorizerResult;
  /** As API Gateway does: the authorizer first, then the function with what it said. */
  const ask = async (httpMethod: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const { principalId, context } = await authorized();
    const result = await invoke('score', {
      httpMethod, path, body: body === undefined ? null : JSON.stringify(body), isBase64Encoded: false, headers: { 'x-api-key': key, 'content-type': 'application/json', ...headers }, multiValueHeaders: {},
      multiValueQueryStringParameters: null, requestContext: { requestId: `r-${Math.random()}`, authorizer: { principalId, ...context } },
    }) as APIGatewayProxyResult;
    return { status: result.statusCode, body: JSON.parse(result.body) as Record<string, unknown>, headers: result.headers ?? {} };
  };
  const openKeys = () => openAccountKeys({ stage: 'millrace-rehearsal', region: aws.config.region, clock: systemClock, environment: { AWS_ENDPOINT_URL: aws.config.endpoint } });

  it('lets a key in that was made for the stage, under its usage plan, and counts it by its hash', async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
    const gateway = signed('apigateway');
    const plan = JSON.parse(textOf(await gateway({ method: 'POST', path: ['usageplans'], headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'millrace-rehearsal-standard', throttle: { rateLimit: 50, burstLimit: 100 } }) }))) as { id: string };
    const keys = openKeys();
    await expect(keys.create('web', { scopes: ['predict'] }, 'gold')).rejects.toMatchObject({ code: 'not_found', todo: expect.stringContaining('standard') as string });
    key = await keys.create('web', { scopes: ['predict', 'price', 'shipping', 'recommendations', 'features', 'outcomes', 'models', 'predictions'] }, 'standard');
    const answer = await authorized();
    expect(answer).toMatchObject({ principalId: 'web', context: { keyId: 'web' }, usageIdentifierKey: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    const listed = textOf(await gateway({ method: 'GET', path: ['usageplans', plan.id, 'keys'], headers: { accept: 'application/json' } }));
    expect(listed).toContain('millrace-rehearsal-web');
    await expect(keys.create('web', { scopes: ['predict'] }, 'standard')).rejects.toMatchObject({ code: 'conflict' });
    const short = await keys.create('shortlived', { scopes: ['predict'] }, 'standard');
    await authorized(short);
    await keys.revoke('shortlived');
    await expect(authorized(short)).rejects.toThrow('Unauthorized');
    await expect(authorized('mr_guess')).rejects.toThrow('Unauthorized');
    expect((await keys.list()).map(({ id }) => id)).toEqual(['web']);
    keys.close();
  });

  it('answers as the local server does for the same home', async () => {
    const rows = met.map((pair) => ({ ...pair }));
    const here = await local.post('/v1/predict/conversion', { rows, explain: true });
    const there = await ask('POST', '/v1/predict/conversion', { rows, explain: true });
    const told = ({ body }: { body: Record<string, unknown> }) => (body['predictions'] as Record<string, unknown>[]).map(({ prediction_id: _id, ...rest }) => rest);
    expect([here.status, there.status, told(there)[0]!['fallback']]).toEqual([200, 200, false]);
    expect(told(there)).toEqual(told(here));
    const [feature] = met;
    for (const [method, path, body] of [
      ['POST', '/v1/shipping/quote', { destination_postcode: '20040', parcels: [{ weight_kg: 1.2 }], order_value: 80 }],
      ['POST', '/v1/price', { skus: [sku] }],
      ['POST', '/v1/recommendations', { visitor_id: feature!.visitorid, limit: 5 }],
      ['GET', `/v1/features/visitor/${feature!.visitorid}`, undefined],
      ['GET', '/v1/models', undefined],
    ] as const) {
      const [one, other] = [method === 'GET' ? await local.get(path) : await local.post(path, body), await ask(method, path, body)];
      expect([path, other.status, withoutIds(other.body)]).toEqual([path, one.status, withoutIds(one.body)]);
      expect(one.status).toBe(200);
    }
  });

  it('answers from the list of prices that was handed over, and says so', async () => {
    const price = async () => (await ask('POST', '/v1/price', { skus: [sku], precomputed: true })).body;
    expect(await price()).toMatchObject({ prices: [{ fallback: true }] });
    const runtime = await openRuntime({ home: home.root, project: ROOT });
    try {
      const store = openDynamoDbStore({ calls: signedDynamoDb(signed('dynamodb'), { clock: systemClock }), table: 'millrace-rehearsal-api', clock: systemClock });
      const { list } = await listPrices(runtime, { store, files: new S3Files(s3), exports: `s3://${MODELS}/exports/prices`, demand: `s3://${MODELS}/serving/demand.json`, states: `s3://${MODELS}/answers` }, {});
      expect(await price()).toMatchObject({ policy: 'list', version: list, prices: [{ sku, fallback: false, valid_to: expect.any(String) as string }] });
    } finally {
      await runtime.close();
    }
  });

  it('says no with the same words', async () => {
    for (const [path, body] of [['/v1/predict/conversion', { rows: [{ visitorid: 5 }] }], ['/v1/predict/nothing', { rows: [met[0]] }], ['/v1/shipping/quote', {}]] as const) {
      const [one, other] = [await local.post(path, body), await ask('POST', path, body)];
      expect([other.status, other.body]).toEqual([one.status, one.body]);
    }
  });

  it('has what it answered in the stream before the answer is there, and finds it by its id', async () => {
    const { body } = await ask('POST', '/v1/predict/conversion', { rows: [met[0]] });
    const [{ prediction_id: id } = { prediction_id: '' }] = body['predictions'] as { prediction_id: string }[];
    expect((await recordsOf('millrace-rehearsal-predictions')).find((record) => record['prediction_id'] === id)).toMatchObject({ kind: 'conversion', key_id: 'web', fallback: false });
    expect(await ask('GET', `/v1/predictions/${id}`)).toMatchObject({ status: 200, body: { prediction_id: id } });
    expect(await ask('POST', '/v1/outcomes', { outcomes: [{ outcome_id: 'o1', prediction_id: id, outcome: 'purchase', value: 10 }] })).toMatchObject({ status: 200 });
    expect((await recordsOf('millrace-rehearsal-outcomes')).map((record) => record['outcome_id'])).toEqual(['o1']);
  });

  it('computes once for an Idempotency-Key, whichever function is asked', async () => {
    const once = { 'idempotency-key': 'order-17' };
    const first = await ask('POST', '/v1/predict/conversion', { rows: [met[1]] }, once);
    const again = await ask('POST', '/v1/predict/conversion', { rows: [met[1]] }, once);
    expect([again.body, again.headers['idempotent-replay']]).toEqual([first.body, 'true']);
    expect((await ask('POST', '/v1/predict/conversion', { rows: [met[2]] }, once)).status).toBe(422);
  });

  it('puts aside what the stream does not take, and the function relog puts it in', async () => {
    const [{ folder: bundle } = { folder: '' }] = await bundleFunctions({ root: ROOT, out: join(folder, 'again'), functions: ['score'], project: { version: '1', contracts: (await loadContracts()).contracts, sql: [] } });
    const away = await startLambda({ folder: bundle, name: 'score', temporary: join(folder, 'tmp', 'away'), environment: { ...environment, AWS_ENDPOINT_URL_KINESIS: 'http://127.0.0.1:9' }, node: lambdaNode() });
    const before = lambdas.get('score')!;
    lambdas.set('score', away);
    const { status, body } = await ask('POST', '/v1/predict/conversion', { rows: [met[0]] });
    lambdas.set('score', before);
    await away.stop();
    const [{ prediction_id: id } = { prediction_id: '' }] = body['predictions'] as { prediction_id: string }[];
    expect([status, (await recordsOf('millrace-rehearsal-predictions')).some((record) => record['prediction_id'] === id)]).toEqual([200, false]);
    const waiting = async () => (await s3.send(new ListObjectsV2Command({ Bucket: MODELS, Prefix: 'waiting/' }))).Contents ?? [];
    const [object] = await waiting();
    const event = { detail: { bucket: { name: MODELS }, object: { key: object!.Key } } };
    expect(await invoke('relog', event)).toEqual({ records: 1 });
    expect(await invoke('relog', event)).toEqual({ records: 0 });
    expect([await waiting(), (await recordsOf('millrace-rehearsal-predictions')).some((record) => record['prediction_id'] === id)]).toEqual([[], true]);
  });

  it('answers within a few milliseconds', async () => {
    const times: number[] = [];
    for (let call = 0; call < 50; call++) {
      const begun = performance.now();
      await ask('POST', '/v1/predict/conversion', { rows: [met[call % met.length]] });
      times.push(performance.now() - begun);
    }
    times.sort((left, right) => left - right);
    process.stdout.write(`authorizer and answer, features, log and all over ministack: median ${times[25]!.toFixed(1)} ms\n`);
  });
});

function withoutIds(body: Record<string, unknown>): unknown {
  return JSON.parse(JSON.stringify(body, (name, value: unknown) => (/^(prediction_id|request_id|at)$/.test(name) ? undefined : value)));
}

async function loadContracts(): Promise<{ contracts: Parameters<typeof bundleFunctions>[0]['project']['contracts'] }> {
  const { loadProject } = await import('../../lib/local/index.ts');
  const { sources } = await loadProject(ROOT);
  return { contracts: [...sources.values()] };
}
