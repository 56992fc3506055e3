// A deployed stage, worked with from a shell: the real command over an S3, a DynamoDB, an STS, an API Gateway and an SNS that others wrote, and what the
// deployed bundles then do. Models are as small as can be: it is about who answers, and who decides that.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { APIGatewayAuthorizerResult, APIGatewayProxyResult } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../lib/base/index.ts';
import { awsRequests, textOf } from '../../lib/base/aws/index.ts';
import { openAccountRegistry } from '../../lib/learning/aws/index.ts';
import type { AliasState, Canary, FittedModel, ModelRegistry } from '../../lib/learning/index.ts';
import { loadProject } from '../../lib/local/index.ts';
import { newKey, type CanaryCounts } from '../../lib/serving/index.ts';
import { bundleFunctions } from '../../lib/stacks/bundle.ts';
import { readProjectFile } from '../../lib/stacks/project-file.ts';
import { startLambda, type LambdaProcess } from '../aws/support/lambda-process.ts';
import { synthesise } from '../aws/support/stage.ts';
import { CARD } from '../learning/registry/stump.ts';
import { lambdaNode } from './support/engines.ts';
import { startMinistack, type AwsServer } from './support/ministack.ts';
import { recordingDoor, refusedTo, type Door } from './support/recorded-calls.ts';
import { verb } from './support/served-home.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const ROOT = join(import.meta.dirname, '../..');
const [STAGE, REGION, ACCOUNT] = ['millrace-dev', 'eu-central-1', '000000000000'] as const;
const MODELS = `${STAGE}-models-${ACCOUNT}-${REGION}`;

let folder: string;
let home: string;
let aws: AwsServer;
let s3: S3Client;
let registry: ModelRegistry;
let topic: string;
let queue: string;
const bundles = new Map<string, string>();
const running: LambdaProcess[] = [];
/** What each function asks AWS for goes through a door of its own. */
const doors = new Map<string, Door>();

/** A call of a service that takes forms, with the text of its answer. */
const asked = async (service: 'sns' | 'sqs', form: Readonly<Record<string, string>>): Promise<string> => {
  const requests = awsRequests({ service, region: REGION, endpoint: aws.config.endpoint, clock: systemClock, credentials: () => aws.config.credentials });
  const answer = await requests({ method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ Version: service === 'sns' ? '2010-03-31' : '2012-11-05', ...form }).toString() });
  expect([form['Action'], answer.status]).toEqual([form['Action'], 200]);
  return textOf(answer);
};
const within = (text: string, element: string): string => new RegExp(`<${element}>([^<]*)</${element}>`).exec(text)?.[1] ?? '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-stage-'));
  home = join(folder, 'home');
  aws = await startMinistack();
  // As whoever works with an emulator sets it; the command runs in processes of its own.
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_ENDPOINT_URL: aws.config.endpoint });
  s3 = new S3Client({ ...aws.config, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: MODELS, CreateBucketConfiguration: { LocationConstraint: REGION } }));
  const dynamo = new DynamoDBClient(aws.config);
  const keys = [{ AttributeName: 'pk', KeyType: 'HASH' as const }, { AttributeName: 'sk', KeyType: 'RANGE' as const }];
  for (const name of ['online', 'api', 'api-keys']) {
    await dynamo.send(new CreateTableCommand({ TableName: `${STAGE}-${name}`, KeySchema: keys, AttributeDefinitions: keys.map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' as const })), BillingMode: 'PAY_PER_REQUEST' }));
  }
  dynamo.destroy();
  const kinesis = awsRequests({ service: 'kinesis', region: REGION, endpoint: aws.config.endpoint, clock: systemClock, credentials: () => aws.config.credentials });
  for (const name of ['predictions', 'outcomes']) {
    await kinesis({ method: 'POST', headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'Kinesis_20131202.CreateStream' }, body: JSON.stringify({ StreamName: `${STAGE}-${name}`, ShardCount: 1 }) });
  }
  const gateway = awsRequests({ service: 'apigateway', region: REGION, endpoint: aws.config.endpoint, clock: systemClock, credentials: () => aws.config.credentials });
  await gateway({ method: 'POST', path: ['usageplans'], headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: `${STAGE}-standard`, throttle: { rateLimit: 50, burstLimit: 100 } }) });
  topic = within(await asked('sns', { Action: 'CreateTopic', Name: `${STAGE}-data-team` }), 'TopicArn');
  queue = within(await asked('sqs', { Action: 'CreateQueue', QueueName: 'people' }), 'QueueUrl');
  await asked('sns', { Action: 'Subscribe', TopicArn: topic, Protocol: 'sqs', Endpoint: `arn:aws:sqs:${REGION}:${ACCOUNT}:people` });
  registry = await openAccountRegistry({ stage: STAGE, region: REGION, clock: systemClock, environment: process.env });
  const { sources } = await loadProject(ROOT);
  for (const { name, folder: place } of await bundleFunctions({ root: ROOT, out: join(folder, 'bundles'), functions: ['score', 'authorize', 'judge'], project: await readProjectFile(ROOT, ROOT, sources) })) bundles.set(name, place);
});
afterAll(async () => {
  for (const lambda of running) await lambda.stop();
  for (const door of doors.values()) await door.close();
  s3?.destroy();
  await aws?.stop();
  await rm(folder, { recursive: true, force: true });
});

let started = 0;
/** A fresh one, which has looked at the registry as it is now. */
async function functionOf(name: string): Promise<(event: unknown) => Promise<unknown>> {
  if (!doors.has(name)) doors.set(name, await recordingDoor(aws.config.endpoint));
  const { endpoint } = doors.get(name)!;
  const lambda = await startLambda({
    folder: bundles.get(name)!, name, temporary: join(folder, 'tmp', String(started += 1)), node: lambdaNode(), memoryMb: 1769,
    environment: {
      MILLRACE_APP: 'millrace', MILLRACE_STAGE: 'dev', MILLRACE_VERSION: '1.0.0', MILLRACE_STREAM_PREFIX: `${STAGE}-`, MILLRACE_MODELS: MODELS, MILLRACE_API_TABLE: `${STAGE}-api`, MILLRACE_ONLINE_TABLE: `${STAGE}-online`,
      MILLRACE_KEYS_TABLE: `${STAGE}-api-keys`, MILLRACE_SHOP_CURRENCY: 'BRL', MILLRACE_SHOP_TIME_ZONE: 'America/Sao_Paulo', MILLRACE_LAKE: `s3://${STAGE}-lake`, MILLRACE_LANDING: `s3://${STAGE}-landing`, MILLRACE_WORKGROUP: `${STAGE}-batch`,
      MILLRACE_PRIVACY_KEYS: 'keys', MILLRACE_SCRATCH_MB: '512', MILLRACE_TOPIC: topic, AWS_REGION: REGION, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_ENDPOINT_URL: endpoint,
      ...Object.fromEntries(['S3', 'DYNAMODB', 'KINESIS', 'SNS'].map((service) => [`AWS_ENDPOINT_URL_${service}`, endpoint])),
    },
  });
  running.push(lambda);
  return async (event) => {
    const answer = await lambda.invoke(event);
    if ('errorType' in answer) throw new Error(`${answer.errorType}: ${answer.errorMessage}`);
    return answer.result;
  };
}

type Predicted = { version: string; variant: string | null; experiment: string | null; fallback: boolean };

/** Asks a fresh scoring function for some visitors; every input is given, so that nothing hangs on features. */
async function answersFor(visitors: readonly string[]): Promise<Predicted[]> {
  const score = await functionOf('score');
  const { key, kept } = newKey('web', { scopes: ['predict'] });
  const found: Predicted[] = [];
  for (const visitorid of visitors) {
    const { statusCode, body } = await score({
      httpMethod: 'POST', path: '/v1/predict/conversion', body: JSON.stringify({ rows: [{ visitorid, itemid: 'i1', a: 1 }] }), isBase64Encoded: false, headers: { 'x-api-key': key, 'content-type': 'application/json' }, multiValueHeaders: {},
      multiValueQueryStringParameters: null, requestContext: { requestId: visitorid, authorizer: { keyId: 'web', hash: kept.hash, scopes: 'predict' } },
    }) as APIGatewayProxyResult;
    expect([visitorid, statusCode, body]).toEqual([visitorid, 200, expect.anything()]);
    found.push(...(JSON.parse(body) as { predictions: Predicted[] }).predictions);
  }
  return found;
}
const visitors = (count: number, from = 0) => Array.from({ length: count }, (_, visitor) => `v${from + visitor}`);

/** What the command prints with --json. */
async function millrace<Answer>(...args: string[]): Promise<Answer> {
  const { code, out, err } = await verb(home, ...args, '--stage', 'dev', '--json');
  expect([args.join(' '), code, code === 0 ? '' : err]).toEqual([args.join(' '), 0, '']);
  return JSON.parse(out) as Answer;
}
const refused = async (...args: string[]) => verb(home, ...args, '--stage', 'dev');

interface Listed extends AliasState { predictor: string; canary?: Canary & { counts?: CanaryCounts }; versions: { version: string }[] }
const conversion = async () => (await millrace<Listed[]>('models')).find(({ predictor }) => predictor === 'conversion')!;

/** What people were told since the last time. */
async function told(): Promise<string[]> {
  const text = await asked('sqs', { Action: 'ReceiveMessage', QueueUrl: queue, MaxNumberOfMessages: '10', VisibilityTimeout: '600' });
  return [...text.matchAll(/<Body>([\s\S]*?)<\/Body>/g)].map(([, body = '']) => (JSON.parse(body.replaceAll('&quot;', '"').replaceAll('&#34;', '"').replaceAll('&amp;', '&')) as { Message: string }).Message);
}

async function register(features: readonly string[], baseScore: number): Promise<string> {
  const model: FittedModel = { kind: 'trees', model: { objective: 'binary:logistic', baseScore, featureNames: [...features], featureKinds: features.map(() => 'numeric'), trees: [], attributes: {} } };
  return (await registry.register({ ...CARD, predictor: 'conversion', entities: ['visitorid', 'itemid'], features }, model)).version;
}

describe('keys of a stage', () => {
  it('are made, listed and taken back by the command, and let in by the authorizer meanwhile', async () => {
    const authorize = await functionOf('authorize');
    const lets = (key: string) => authorize({ headers: { 'X-Api-Key': key }, methodArn: `arn:aws:execute-api:${REGION}:${ACCOUNT}:abc/dev/POST/v1/price` }) as Promise<APIGatewayAuthorizerResult>;
    expect(await millrace('keys', 'list')).toEqual([]);
    const { key } = await millrace<{ key: string }>('keys', 'create', 'shop', '--scopes', 'price', 'predict:conversion');
    expect(await lets(key)).toMatchObject({ principalId: 'shop', context: { scopes: 'price predict:conversion' } });
    expect(await millrace('keys', 'list')).toEqual([{ id: 'shop', scopes: ['price', 'predict:conversion'] }]);
    expect(await refused('keys', 'create', 'shop', '--scopes', 'price')).toMatchObject({ code: 5, err: expect.stringContaining("an API key 'shop' already") as string });
    expect(await refused('keys', 'create', 'other', '--scopes', 'price', '--plan', 'gold')).toMatchObject({ code: 4, err: expect.stringContaining('There are standard') as string });
    expect(await millrace('keys', 'revoke', 'shop')).toEqual({ revoked: 'shop' });
    await expect(lets(key)).rejects.toThrow('Unauthorized');
    expect(await refused('keys', 'revoke', 'shop')).toMatchObject({ code: 4 });
  });
});

describe('versions of a stage', () => {
  it('are listed, shown, promoted and rolled back by the command, and answer from the next look on', async () => {
    for (const baseScore of [0.2, 0.3]) await register(['a'], baseScore);
    expect(await conversion()).toMatchObject({ aliases: {}, versions: [{ version: '1' }, { version: '2' }] });
    expect((await answersFor(['v1']))[0]).toMatchObject({ fallback: true });
    expect(await millrace('promote', 'conversion', '1')).toMatchObject({ predictor: 'conversion', alias: 'champion', version: '1', before: null });
    expect(await millrace('promote', 'conversion', '2')).toMatchObject({ version: '2', before: '1' });
    expect((await answersFor(['v1']))[0]).toMatchObject({ version: '2', fallback: false });
    expect(await millrace('rollback', 'conversion')).toEqual({ predictor: 'conversion', from: '2', to: '1' });
    expect((await answersFor(['v1']))[0]).toMatchObject({ version: '1' });
    expect((await verb(home, 'models', 'card', 'conversion', '2', '--stage', 'dev')).out).toContain('Will it rain?');
    expect(await refused('promote', 'conversion', '9')).toMatchObject({ code: 4, err: expect.stringContaining('no version 9') as string });
    expect(await refused('promote', 'weather', '1')).toMatchObject({ code: 4 });
  });
});

describe('a canary of a stage', () => {
  const judged = async () => (await functionOf('judge'))({}) as Promise<{ canaries: { verdict: string }[] }>;

  it('answers its share from every function, is counted over all of them, and takes over', async () => {
    await millrace('promote', 'conversion', '2', '--canary', '50%', '--hours', '0', '--answers', '100');
    expect(await refused('promote', 'conversion', '2', '--canary', '10%')).toMatchObject({ code: 5, err: expect.stringContaining('is a canary already') as string });
    const one = await answersFor(visitors(50));
    const other = await answersFor([...visitors(50), ...visitors(20, 50)]);
    expect(other.slice(0, 50).map(({ version }) => version)).toEqual(one.map(({ version }) => version));
    const ours = [...one, ...other].filter(({ version }) => version === '2');
    expect(ours.every(({ variant, fallback }) => variant === 'canary' && !fallback)).toBe(true);
    const { canary } = await conversion();
    expect(canary).toMatchObject({ version: '2', share: 0.5, counts: { challenger: { answers: ours.length, errors: 0, requests: ours.length }, champion: { answers: 120 - ours.length } } });
    // Who is in it hangs on when it began.
    expect([ours.length > 25, ours.length < 95]).toEqual([true, true]);
    expect((await judged()).canaries).toMatchObject([{ verdict: 'wait' }]);
    await answersFor(visitors(200, 100));
    expect((await judged()).canaries).toMatchObject([{ verdict: 'complete' }]);
    expect(await conversion()).toMatchObject({ aliases: { champion: '2' }, lastChange: { what: 'canary_completed' } });
    expect(await told()).toEqual(['version 2 of conversion answers everybody from now on: its canary went well']);
    expect((await answersFor(['v1', 'v2'])).map(({ version, variant }) => [version, variant])).toEqual([['2', null], ['2', null]]);
    expect((await judged()).canaries).toEqual([]);
  });

  it('that wants what nobody sends goes back with the reason, and nobody goes without an answer', async () => {
    const bad = await register(['weather'], 0.4);
    await millrace('promote', 'conversion', bad, '--canary', '50%');
    const answers = await answersFor(visitors(40));
    expect(answers.every(({ version, fallback }) => version === '2' && !fallback)).toBe(true);
    expect((await judged()).canaries).toMatchObject([{ verdict: 'roll_back' }]);
    expect(await told()).toEqual([expect.stringMatching(new RegExp(`^version ${bad} of conversion was rolled back: share of errors is`)) as string]);
    expect((await verb(home, 'models', '--stage', 'dev')).out).toContain(`the canary of conversion, version ${bad}, went back`);
    expect(await conversion()).toMatchObject({ aliases: { champion: '2' } });
  });

  const damage = (version: string) => s3.send(new PutObjectCommand({ Bucket: MODELS, Key: `registry/conversion/${version}/model.json`, Body: '{"kind":"tre' }));

  it('is refused where its model is damaged, by the name of the file', async () => {
    const damaged = await register(['a'], 0.4);
    await damage(damaged);
    const { code, err } = await verb(home, 'promote', 'conversion', damaged, '--canary', '50%', '--stage', 'dev');
    expect(code).toBe(3);
    expect(err).toContain(`model.json of version ${damaged} of conversion is damaged`);
    expect(await conversion()).toMatchObject({ aliases: { champion: '2' } });
  });

  it('whose model is damaged once it has begun goes back, and nobody notices', async () => {
    const damaged = await register(['a'], 0.4);
    await millrace('promote', 'conversion', damaged, '--canary', '50%');
    await damage(damaged);
    expect((await answersFor(visitors(20))).every(({ version, fallback }) => version === '2' && !fallback)).toBe(true);
    expect((await judged()).canaries).toMatchObject([{ verdict: 'roll_back', reasons: ['the model cannot be loaded'] }]);
    expect(await told()).toHaveLength(1);
  });

  it('is ended by hand, too', async () => {
    await millrace('promote', 'conversion', '1', '--canary', '20%', '--manual');
    expect(await millrace('rollback', 'conversion')).toEqual({ predictor: 'conversion', from: '1', to: '2' });
    expect(await conversion()).toMatchObject({ aliases: { champion: '2' }, lastChange: { reasons: ['somebody rolled it back'] } });
    expect(await told()).toEqual([]);
  });
});

describe('experiments of a stage', () => {
  it('are published by the command, decide in the functions, and keep canaries away', async () => {
    await millrace('promote', 'conversion', '1', '--as', 'challenger');
    const locally = async (...args: string[]) => {
      const { code, err } = await verb(home, 'experiment', ...args);
      expect([args[0], code, code === 0 ? '' : err]).toEqual([args[0], 0, '']);
    };
    await locally('create', 'older', '--subject', 'predict:conversion', '--variants', 'control', 'treated:alias=challenger');
    await locally('start', 'older');
    await millrace('promote', 'conversion', '1', '--canary', '10%', '--manual');
    expect(await refused('experiment', 'publish')).toMatchObject({ code: 5, err: expect.stringContaining('version 1 of conversion is a canary') as string });
    await millrace('rollback', 'conversion');
    await millrace('promote', 'conversion', '1', '--as', 'challenger');
    expect(await millrace('experiment', 'publish')).toEqual({ published: ['older'] });
    const answers = await answersFor(visitors(40));
    expect(new Set(answers.map(({ experiment, variant, version }) => `${experiment} ${variant} ${version}`))).toEqual(new Set(['older control 2', 'older treated 1']));
    expect(await refused('promote', 'conversion', '1', '--canary', '10%')).toMatchObject({ code: 5, err: expect.stringContaining("the experiment 'older' decides") as string });
    await locally('stop', 'older');
    expect(await millrace('experiment', 'publish')).toEqual({ published: [] });
    expect((await answersFor(['v1']))[0]).toMatchObject({ experiment: null, version: '2' });
  });
});

describe('what the functions asked AWS for', () => {
  it('is what their roles are given, and of tables the items that they may touch', async () => {
    const { serving, folder: synthesised } = await synthesise({ stage: 'dev' });
    await rm(synthesised, { recursive: true, force: true });
    const asked = (name: string) => [...new Set(doors.get(name)!.calls.map(({ action }) => action))].sort();
    expect([asked('authorize'), asked('score'), asked('judge')]).toEqual([
      ['dynamodb:BatchGetItem'], ['dynamodb:BatchGetItem', 'dynamodb:PutItem', 'kinesis:PutRecords', 's3:GetObject', 's3:ListBucket'],
      ['dynamodb:BatchGetItem', 'dynamodb:DeleteItem', 'dynamodb:PutItem', 'glue:GetTable', 's3:GetObject', 's3:ListBucket', 's3:PutObject', 'sns:Publish'],
    ]);
    for (const [name, { calls }] of doors) expect([name, refusedTo(serving, name, calls)]).toEqual([name, []]);
    // The check tells one from the other.
    expect(refusedTo(serving, 'judge', [{ action: 's3:PutObject', resources: ['arn:aws:s3:::millrace-dev-models-ACCOUNT-REGION/registry/conversion/3/model.json'] }])).toHaveLength(1);
    expect(refusedTo(serving, 'judge', [{ action: 'dynamodb:BatchGetItem', resources: ['arn:aws:dynamodb:eu-central-1:ACCOUNT:table/millrace-dev-api'], keys: ['prediction:1'] }])).toHaveLength(1);
  });
});

describe('what a stage is told of', () => {
  it('is every address that the command took from the environment, and nothing of a home', async () => {
    // The keys of a home are not those of the stage, and the other way round.
    const { out } = await verb(home, 'keys', 'list', '--json');
    expect(JSON.parse(out)).toEqual([]);
    expect(await readFile(join(home, 'models', 'conversion', 'aliases', '00000001.json'), 'utf8').catch(() => 'none')).toBe('none');
  });
});
