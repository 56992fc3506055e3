// `millrace features backfill --stage` as a person runs it: its whole wiring over an S3, a Glue, a Kinesis, a Lambda and a Secrets Manager that others wrote, DynamoDB
// Local, and an Athena whose SQL a Trino executes. The table then holds what the backfill of a home holds that was given the same events.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AthenaClient, CreateWorkGroupCommand } from '@aws-sdk/client-athena';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateDatabaseCommand, GlueClient } from '@aws-sdk/client-glue';
import { CreateStreamCommand, DescribeStreamSummaryCommand, KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ingest } from '../../lambdas/ingest/index.ts';
import { awsContext } from '../../lambdas/shared/context.ts';
import { withDuckDb } from '../../lambdas/shared/with-duckdb.ts';
import { systemClock } from '../../lib/base/index.ts';
import { awsRequests, textOf } from '../../lib/base/aws/index.ts';
import { applyTables } from '../../lib/batch/index.ts';
import { loadFeatures, readFeatures, readOnlineHome, type OnlineStore } from '../../lib/features/index.ts';
import { openDynamoDbStore, sdkDynamoDb } from '../../lib/features/aws/index.ts';
import { keysFromSecret } from '../../lib/ingest/index.ts';
import { openRuntime, type Runtime } from '../../lib/local/index.ts';
import { LAYERS } from '../../lib/stacks/stage.ts';
import { readProjectFile } from '../../lib/stacks/project-file.ts';
import { SECRET } from './support/aws-home.ts';
import { startAwsRehearsal, type AwsRehearsal } from './support/aws-rehearsal.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);
/** Of the stage `dev`, as lib/stacks names it; the account is the emulator's. */
const STAGE = 'millrace-dev';
const BUCKET = (name: string): string => `${STAGE}-${name}-000000000000-eu-central-1`;

const now = Date.now();
interface Sent { stream: 'events' | 'transactions'; key: string; value: Record<string, unknown> }
const VISITORS = Array.from({ length: 13 }, (_, at) => `v${at}`);
const ITEMS = Array.from({ length: 5 }, (_, at) => `i${at}`);
const BUYERS = Array.from({ length: 7 }, (_, at) => `u${at}`);

/** The same at every call: a minute apart from a day ago on, every third a purchase at the till. */
const sent = (from: number, count: number): Sent[] => Array.from({ length: count }, (_, index): Sent => {
  const at = from + index;
  const time = now - 86_400_000 + at * 60_000;
  if (at % 3 === 0) {
    const user = BUYERS[at % BUYERS.length]!;
    return { stream: 'transactions', key: user, value: { transaction_id: `t${at}`, user_id: user, product_id: ITEMS[at % ITEMS.length], quantity: 1 + at % 3, price: 10 + at % 7, timestamp: new Date(time).toISOString(), payment_method: 'pix', transaction_status: at % 10 === 0 ? 'refunded' : 'completed' } };
  }
  const visitor = VISITORS[at % VISITORS.length]!;
  const event = ['view', 'view', 'addtocart', 'transaction'][at % 4]!;
  return { stream: 'events', key: visitor, value: { timestamp: time, visitorid: visitor, event, itemid: ITEMS[at % ITEMS.length], event_id: `e${at}`, ...(event === 'transaction' ? { transactionid: `o${at}` } : {}) } };
});

let aws: AwsRehearsal;
let folder: string;
let runtime: Runtime;
let dynamo: DynamoDBClient;
let environment: NodeJS.ProcessEnv;

/** Files of JSON lines, one a source, below a landing folder. */
async function written(place: string, records: readonly Sent[]): Promise<{ key: string; body: Buffer }[]> {
  return Promise.all((['events', 'transactions'] as const).map(async (source) => {
    const body = Buffer.from(records.filter(({ stream }) => stream === source).map(({ value }) => `${JSON.stringify(value)}\n`).join(''));
    const key = `${source}/${source === 'events' ? 'events' : 'transactions_1'}.jsonl`;
    await mkdir(join(place, source), { recursive: true });
    await writeFile(join(place, key), body);
    return { key, body };
  }));
}

const lambda = async (method: string, path: readonly string[], body?: object): Promise<Record<string, unknown>> => {
  const requests = awsRequests({ service: 'lambda', region: aws.region, endpoint: aws.endpoints.s3, clock: systemClock, timeoutMilliseconds: 20_000, credentials: () => aws.credentials });
  const answer = await requests({ method, path: ['2015-03-31', ...path], ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }) });
  if (answer.status >= 300) throw new Error(`${method} ${path.join('/')}: ${answer.status} ${textOf(answer)}`);
  return JSON.parse(textOf(answer)) as Record<string, unknown>;
};
const mappingStates = async (): Promise<string[]> => ((await lambda('GET', ['event-source-mappings', ''])) as { EventSourceMappings: { State: string }[] }).EventSourceMappings.map(({ State }) => State);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-features-stage-'));
  aws = await startAwsRehearsal();
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: aws.credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: aws.credentials.secretAccessKey, AWS_REGION: aws.region });
  const { s3: emulator, glue, athena, kinesis, dynamodb } = aws.endpoints;
  environment = {
    ...process.env, AWS_ENDPOINT_URL_S3: emulator, AWS_ENDPOINT_URL_GLUE: glue, AWS_ENDPOINT_URL_ATHENA: athena, AWS_ENDPOINT_URL_KINESIS: kinesis, AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
    AWS_ENDPOINT_URL_LAMBDA: emulator, AWS_ENDPOINT_URL_SECRETS_MANAGER: emulator,
  };
  const settings = { region: aws.region, credentials: aws.credentials };

  // What the stacks of the stage make.
  const s3 = new S3Client({ ...settings, endpoint: emulator, forcePathStyle: true });
  for (const name of ['lake', 'landing', 'results']) await s3.send(new CreateBucketCommand({ Bucket: BUCKET(name), CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } }));
  for (const layer of LAYERS) await new GlueClient({ ...settings, endpoint: glue }).send(new CreateDatabaseCommand({ DatabaseInput: { Name: `millrace_dev_${layer}` } }));
  await new AthenaClient({ ...settings, endpoint: athena }).send(new CreateWorkGroupCommand({
    Name: `${STAGE}-batch`, Configuration: { EnforceWorkGroupConfiguration: true, ResultConfiguration: { OutputLocation: `s3://${BUCKET('results')}/athena/` } },
  }));
  const { ARN: secret = '' } = await new SecretsManagerClient({ ...settings, endpoint: emulator }).send(new CreateSecretCommand({ Name: `${STAGE}-privacy-keys`, SecretString: SECRET }));
  dynamo = new DynamoDBClient({ ...settings, endpoint: dynamodb });
  const keys = [{ AttributeName: 'pk', KeyType: 'HASH' as const }, { AttributeName: 'sk', KeyType: 'RANGE' as const }];
  await dynamo.send(new CreateTableCommand({ TableName: `${STAGE}-online`, KeySchema: keys, AttributeDefinitions: keys.map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' as const })), BillingMode: 'PAY_PER_REQUEST' }));
  const streams = new KinesisClient({ ...settings, endpoint: kinesis });
  for (const name of ['events', 'transactions']) {
    await streams.send(new CreateStreamCommand({ StreamName: `${STAGE}-${name}`, ShardCount: 2 }));
    for (let tries = 0; tries < 100; tries++) {
      const { StreamDescriptionSummary } = await streams.send(new DescribeStreamSummaryCommand({ StreamName: `${STAGE}-${name}` }));
      if (StreamDescriptionSummary?.StreamStatus === 'ACTIVE') break;
      await systemClock.sleep(100);
    }
  }
  // The code is of no account here: nothing is asked of the function but what it is configured with, and its mappings.
  const zip = join(folder, 'function.zip');
  await run('python3', ['-c', `import zipfile; zipfile.ZipFile(${JSON.stringify(zip)}, 'w').writestr('index.py', 'def handler(event, context):\\n    return {"batchItemFailures": []}\\n')`]);
  await lambda('POST', ['functions'], {
    FunctionName: `${STAGE}-features`, Runtime: 'python3.12', Role: 'arn:aws:iam::000000000000:role/features', Handler: 'index.handler', Code: { ZipFile: (await readFile(zip)).toString('base64') },
    Environment: { Variables: { MILLRACE_ONLINE_TABLE: `${STAGE}-online`, MILLRACE_STREAM_PREFIX: `${STAGE}-`, MILLRACE_PRIVACY_KEYS: secret } },
  });
  for (const name of ['events', 'transactions']) await lambda('POST', ['event-source-mappings', ''], { FunctionName: `${STAGE}-features`, EventSourceArn: `arn:aws:kinesis:eu-central-1:000000000000:stream/${STAGE}-${name}`, StartingPosition: 'LATEST' });

  // The lake has the first events; the streams have the last of these, and some that were not delivered yet.
  runtime = await openRuntime({ home: join(folder, 'home'), project: ROOT, create: true });
  const { sources, config } = await runtime.project();
  const context = await awsContext({
    settings: {
      MILLRACE_APP: 'millrace', MILLRACE_STAGE: 'dev', MILLRACE_LAKE: `s3://${BUCKET('lake')}`, MILLRACE_LANDING: `s3://${BUCKET('landing')}`, MILLRACE_WORKGROUP: `${STAGE}-batch`, MILLRACE_PRIVACY_KEYS: secret,
      MILLRACE_SHOP_TIME_ZONE: config.shop.timeZone, MILLRACE_SHOP_CURRENCY: config.shop.currency, MILLRACE_SCRATCH_MB: '1024',
    },
    project: await readProjectFile(ROOT, ROOT, sources), scratch: join(folder, 'scratch'), fileParts: withDuckDb, region: aws.region, endpoints: { ...aws.endpoints, secretsManager: emulator },
  });
  await applyTables(context);
  for (const { key, body } of await written(join(folder, 'delivered'), sent(0, 300))) {
    await s3.send(new PutObjectCommand({ Bucket: BUCKET('landing'), Key: key, Body: body }));
    expect(await ingest(context, { 'detail-type': 'Object Created', detail: { bucket: { name: BUCKET('landing') }, object: { key } } } as Parameters<typeof ingest>[1])).toMatchObject({ rejected: 0 });
  }
  for (const { stream, key, value } of sent(240, 120)) await streams.send(new PutRecordsCommand({ StreamName: `${STAGE}-${stream}`, Records: [{ PartitionKey: key, Data: Buffer.from(JSON.stringify(value)) }] }));

  // A home with the account's key, which was given all of them.
  const current = await keysFromSecret(SECRET, 'the secret').current();
  await writeFile(join(runtime.home.keys, 'k1.json'), JSON.stringify({ pseudonyms: Buffer.from(current.pseudonyms).toString('hex'), payloads: Buffer.from(current.payloads).toString('hex') }), { mode: 0o600 });
  await written(join(folder, 'all'), sent(0, 360));
  s3.destroy();
  streams.destroy();
});
afterAll(async () => {
  dynamo?.destroy();
  await runtime?.close();
  await aws?.stop();
  await rm(folder, { recursive: true, force: true });
});

const millrace = async (...argv: string[]): Promise<unknown> => {
  const { stdout } = await run(process.execPath, [join(ROOT, 'bin/millrace-cli.mjs'), ...argv, '--json'], { cwd: ROOT, env: environment, maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as unknown;
};

describe('features backfill --stage', () => {
  it('brings the table to what the backfill of a home gives, and lets the consumers go on', async () => {
    const online = openDynamoDbStore({ calls: sdkDynamoDb(dynamo), table: `${STAGE}-online`, clock: systemClock });
    // An entity that nobody folds any more, and one that is wrong.
    await online.write([{ key: 's/=nobody/visitor/0', value: '{"f":1,"s":{}}', expected: undefined, expiresAt: undefined }, { key: 's/=v1/visitor/0', value: '{"f":1,"s":{}}', expected: undefined, expiresAt: undefined }]);
    const report = await millrace('features', 'backfill', '--stage', 'dev') as { sources: { source: string; events: number }[]; caughtUp: Record<string, number>; items: number; removed: number };
    expect(report.caughtUp).toEqual({ [`${STAGE}-events`]: 80, [`${STAGE}-transactions`]: 40 });
    expect(report.sources.map(({ source, events }) => [source, events]).sort()).toEqual([['events', 200], ['transactions', 100]]);
    expect(report.removed).toBe(1);
    expect(new Set(await mappingStates())).toEqual(new Set(['Enabled']));

    await millrace('ingest', join(folder, 'all'), '--home', runtime.home.root);
    await millrace('features', 'backfill', '--home', runtime.home.root);
    const features = await loadFeatures(join(ROOT, 'features'), (await runtime.project()).sources);
    const home = await readOnlineHome({ folder: runtime.home.online, clock: systemClock });
    try {
      const { rows } = await (await runtime.engine()).query('SELECT DISTINCT user_id FROM bronze.transactions');
      const ids: Readonly<Record<string, readonly string[][]>> = {
        visitor: VISITORS.map((id) => [id]), item: ITEMS.map((id) => [id]), customer: rows.map(([id]) => [String(id)]), interest: VISITORS.flatMap((visitor) => ITEMS.map((item) => [visitor, item])),
      };
      expect([...features.views.keys()].sort()).toEqual(Object.keys(ids).sort());
      for (const [name, view] of features.views) {
        const read = (store: OnlineStore) => readFeatures(store, view, ids[name]!.map((id) => (id.length === 1 ? id[0]! : id)), now + 60_000);
        const [there, here] = [await read(online), await read(home.store)];
        expect(there).toEqual(here);
        expect(here.some((values) => Object.values(values).some((value) => typeof value === 'number' && value > 0))).toBe(true);
      }
    } finally {
      await home.close();
    }
  });

  it('says what is missing where the stage is not deployed', async () => {
    await expect(millrace('features', 'backfill', '--stage', 'prod')).rejects.toMatchObject({ stderr: expect.stringContaining('there is no function millrace-prod-features') as string });
  });
});
