// Files that are too big for the function: handed over by a note, taken by a task of the same code, which fetches its bundle by itself.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bucketFileIngest } from '../../lambdas/shared/file-ingest.ts';
import { handOver, ingestRequested } from '../../lambdas/shared/big-files.ts';
import type { Settings } from '../../lambdas/shared/settings.ts';
import { fetchBundle, signedHeaders } from '../../lib/stacks/task/fetch-bundle.ts';
import { openTestHome } from '../ingest/home.ts';
import { MemoryFiles } from '../lake/support/memory-files.ts';
import { statementsOf } from './support/policies.ts';
import { named, ofType, only, synthesise, textOf, type SynthesisedStage } from './support/stage.ts';

/** The SDK's own. */
interface Signer { sign(request: object, options: { signingDate: Date }): Promise<{ headers: Record<string, string> }> }

const CREDENTIALS = { AccessKeyId: 'ASIAEXAMPLE', SecretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', Token: 'token+with/=' };
let folder: string;
let roomy: SynthesisedStage;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-big-'));
  roomy = await synthesise({ stage: 'roomy' });
}, 120_000);
afterAll(async () => { for (const one of [folder, roomy.folder]) await rm(one, { recursive: true, force: true }); });

describe('a file that is too big', () => {
  const counts = { files: 1, seenBefore: 0, refused: 0, rows: 1, accepted: 1, rejected: 0 };

  it('is handed over by a note, the same one however often', async () => {
    const puts: { path: string; body: string }[] = [];
    const s3 = new S3Client({
      region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      requestHandler: { handle: async ({ path, body }: { path: string; body: unknown }) => { puts.push({ path, body: String(body) }); return { response: { statusCode: 200, headers: {}, body: new Blob(['']).stream() } }; } },
    });
    const settings = { MILLRACE_BIG_FILES: 's3://millrace-dev-failed/big-files' } as Settings;
    expect(await handOver(s3, settings, ['s3://landing/orders/a.csv'])).toBe(1);
    expect(await handOver(s3, settings, ['s3://landing/orders/a.csv'])).toBe(1);
    expect(puts.map(({ body }) => JSON.parse(body) as unknown)).toEqual([{ uri: 's3://landing/orders/a.csv' }, { uri: 's3://landing/orders/a.csv' }]);
    expect(puts[0]?.path).toMatch(/^\/big-files\/[0-9a-f]{32}\.json$/);
    expect(puts[1]?.path).toBe(puts[0]?.path);
  });

  it('stays refused where the stage has no such task', async () => {
    expect(await handOver(undefined as never, {} as Settings, ['s3://landing/orders/a.csv'])).toBe(0);
  });

  it('is taken by the task, whose note stays until that has succeeded', async () => {
    const files = new MemoryFiles();
    const note = 's3://failed/big-files/x.json';
    await files.write(note, Buffer.from('{"uri":"s3://landing/orders/a.csv"}'));
    await expect(ingestRequested(files, note, async () => { throw new Error('the disk is full'); })).rejects.toThrow('the disk is full');
    expect(files.content.has(note)).toBe(true);
    expect(await ingestRequested(files, note, async (uri) => ({ ...counts, files: uri === 's3://landing/orders/a.csv' ? 1 : 0 }))).toEqual(counts);
    expect(files.content.has(note)).toBe(false);
  });
});

describe('the function and the task together', () => {
  it('land the file once: refused by the one for its size, handed over, taken by the other', async () => {
    const objects = new Map<string, Buffer>([['landing/sales/a.csv', Buffer.from(`sale_id,item,amount,sold_at\n${Array.from({ length: 2_000 }, (_, index) => `s${index},x,1,`).join('\n')}\n`)]]);
    const server = createServer((request, response) => {
      const key = new URL(request.url ?? '/', 'http://s3').pathname.slice(1);
      const body = objects.get(key);
      if (request.method === 'PUT') {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => { objects.set(key, Buffer.concat(chunks)); response.end(); });
      } else if (body === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'content-length': body.length, etag: '"e"', 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' }).end(request.method === 'HEAD' ? undefined : body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const home = await openTestHome();
    try {
      const { lake, database, contracts, clock } = home.context;
      const s3 = new S3Client({
        endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, region: 'eu-central-1', forcePathStyle: true, credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
        requestChecksumCalculation: 'WHEN_REQUIRED',
      });
      const ingestWith = (scratchMb: string, bigFiles?: string) => bucketFileIngest({
        settings: { MILLRACE_LANDING: 's3://landing', MILLRACE_PRIVACY_KEYS: 'keys', MILLRACE_SCRATCH_MB: scratchMb, ...(bigFiles === undefined ? {} : { MILLRACE_BIG_FILES: bigFiles }) } as Settings,
        s3, lake, contracts, clock, database: async () => database, scratch: join(folder, 'scratch'), client: {},
      });
      const batch = { source: 'sales', files: ['s3://landing/sales/a.csv'] };
      expect(await ingestWith('0.01')(batch, 'run')).toMatchObject({ refused: 1, accepted: 0 });
      expect(await ingestWith('0.01', 's3://failed/big-files')(batch, 'run')).toMatchObject({ refused: 0, accepted: 0 });
      const [note = ''] = [...objects.keys()].filter((key) => key.startsWith('failed/big-files/'));
      const files = new MemoryFiles();
      await files.write(`s3://${note}`, objects.get(note) as Buffer);
      const take = () => ingestRequested(files, `s3://${note}`, async (uri) => ingestWith('100')({ source: '', files: [uri] }, 'task'));
      expect(await take()).toMatchObject({ files: 1, refused: 0, accepted: 2_000 });
      await files.write(`s3://${note}`, objects.get(note) as Buffer);
      expect(await take()).toMatchObject({ files: 1, seenBefore: 1, accepted: 0 });
      expect(await home.count('bronze.sales')).toBe(2_000);
    } finally {
      home.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }, 60_000);
});

describe('the bundle of the task', () => {
  let server: Server;
  let endpoint: string;
  const asked: { path: string; authorization: string }[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push({ path: request.url ?? '', authorization: request.headers.authorization ?? '' });
      if (request.url?.endsWith('missing')) response.writeHead(404).end('<Code>NoSuchKey</Code>');
      else response.end('export const handler = async (event) => event.request;');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => new Promise((resolve) => server.close(resolve)));

  it('is asked for with the signature that the SDK would make', async () => {
    const url = new URL('https://s3.eu-central-1.amazonaws.com/bucket/some/key.mjs');
    const when = new Date('2026-11-21T12:00:00Z');
    const { authorization } = signedHeaders(url, 'eu-central-1', CREDENTIALS, '20261121T120000Z');
    const client = new S3Client({
      region: 'eu-central-1', credentials: { accessKeyId: CREDENTIALS.AccessKeyId, secretAccessKey: CREDENTIALS.SecretAccessKey, sessionToken: CREDENTIALS.Token },
    });
    const signer = await (client.config as unknown as { signer(scheme: object): Promise<Signer> }).signer({ name: 'sigv4', signingName: 's3', signingRegion: 'eu-central-1', properties: {} });
    const signed = await signer.sign({ method: 'GET', protocol: 'https:', hostname: url.host, path: url.pathname, headers: { host: url.host } }, { signingDate: when });
    expect(authorization).toBe(signed.headers['authorization']);
  });

  it('is fetched whole, or its absence is told with what S3 said', async () => {
    const place = join(folder, 'bundle');
    await fetchBundle({ 'index.mjs': 'assets/abc.mjs' }, place, 'eu-central-1', async () => CREDENTIALS, endpoint);
    expect(await readFile(join(place, 'index.mjs'), 'utf8')).toContain('handler');
    expect(asked.at(-1)).toMatchObject({ path: '/assets/abc.mjs', authorization: expect.stringContaining('Credential=ASIAEXAMPLE/') as string });
    await expect(fetchBundle({ x: 'assets/missing' }, place, 'eu-central-1', async () => CREDENTIALS, endpoint)).rejects.toThrow('assets/missing: 404 <Code>NoSuchKey</Code>');
  });
});

describe('the stage that wants it', () => {
  const task = () => only(roomy.batch, 'AWS::ECS::TaskDefinition')[1].Properties as { Cpu: string; Memory: string; EphemeralStorage: { SizeInGiB: number }; TaskRoleArn: unknown; ContainerDefinitions: { Image: string; Command: string[]; Environment: { Name: string; Value: unknown }[] }[] };

  it('has a task in a plain Node image, with the disk that was asked for and the settings of the function', () => {
    const { EphemeralStorage, ContainerDefinitions: [container] } = task();
    expect([EphemeralStorage.SizeInGiB, container?.Image]).toEqual([60, 'public.ecr.aws/docker/library/node:24-bookworm-slim']);
    const environment = Object.fromEntries((container?.Environment ?? []).map(({ Name, Value }) => [Name, textOf(Value)]));
    expect(environment).toMatchObject({ MILLRACE_LAKE: 's3://millrace-roomy-lake-ACCOUNT-REGION', MILLRACE_SCRATCH_MB: String(60 * 1024) });
    expect(environment['MILLRACE_BIG_FILES']).toBeUndefined();
    expect(Object.keys(JSON.parse(environment['BUNDLE'] ?? '{}') as object)).toEqual(['index.mjs', 'project.json', 'duckdb.node', 'libduckdb.so']);
  });

  it('starts it with a script that is whole, and small enough for a task definition', () => {
    const [, , , script = ''] = task().ContainerDefinitions[0]?.Command ?? [];
    expect(script.length).toBeLessThan(10_000);
    execFileSync(process.execPath, ['--input-type=module', '--check', '-'], { input: script });
  });

  it('lets the function leave notes, which alone start the task', () => {
    const [, rule] = named(roomy.batch, 'AWS::Events::Rule', 'Name', 'millrace-roomy-big-file');
    expect((rule.Properties['EventPattern'] as { detail: { object: unknown } }).detail.object).toEqual({ key: [{ prefix: 'big-files/' }] });
    const target = JSON.stringify(rule.Properties['Targets']);
    expect(target).toContain('REQUEST');
    const sweep = only(roomy.stream, 'AWS::Events::Rule')[1].Properties['EventPattern'] as { detail: { object: unknown } };
    expect(sweep.detail.object).toEqual({ key: [{ 'anything-but': { prefix: 'big-files/' } }] });
  });

  it('gives the task no more than the function has, and its own notes', () => {
    const written = statementsOf(roomy.batch, textOf(task().TaskRoleArn).slice(1, -1)).filter(({ actions }) => actions.includes('s3:DeleteObject')).flatMap(({ resources }) => resources).sort();
    expect(written).toEqual(['arn:aws:s3:::millrace-roomy-failed-ACCOUNT-REGION/big-files/*', 'arn:aws:s3:::millrace-roomy-lake-ACCOUNT-REGION/bronze/*', 'arn:aws:s3:::millrace-roomy-lake-ACCOUNT-REGION/ops/*']);
  });

  it('ingests no more files at once than it says', () => {
    expect(named(roomy.batch, 'AWS::Lambda::Function', 'FunctionName', 'millrace-roomy-ingest')[1].Properties['ReservedConcurrentExecutions']).toBe(10);
  });

  it('pays for no gateway and opens no port', () => {
    expect(ofType(roomy.batch, 'AWS::EC2::NatGateway')).toEqual([]);
    expect(ofType(roomy.batch, 'AWS::EC2::SecurityGroupIngress')).toEqual([]);
    expect(ofType(roomy.batch, 'AWS::EC2::SecurityGroup').flatMap(([, { Properties }]) => Properties['SecurityGroupIngress'] ?? [])).toEqual([]);
  });
});
