// The transform of Firehose, alone and as the bundled function in a bare process.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FirehoseTransformationEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyFromExtension } from '../../../lambdas/validate/secrets-extension.ts';
import { bronzeColumns, loadContracts } from '../../../lib/contracts/index.ts';
import { transformFirehose, type RoutedRecord } from '../../../lib/ingest/events/index.ts';
import { openPayload } from '../../../lib/ingest/privacy/payload.ts';
import { REJECTED_COLUMNS } from '../../../lib/ingest/tables/definitions.ts';
import { bundleFunctions } from '../../../lib/stacks/bundle.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { checkerOf, click, clicks, KEY, NOW, signups } from './support.ts';

const checker = checkerOf(clicks, signups);
const options = { checker, key: KEY, stream: 'clicks', database: 'millrace_dev_bronze', now: NOW + 5 };

function eventOf(datas: readonly (string | Uint8Array)[], name = 'clicks'): FirehoseTransformationEvent {
  return {
    invocationId: 'i', region: 'eu-central-1', deliveryStreamArn: `arn:aws:firehose:eu-central-1:1:deliverystream/millrace-dev-${name}`,
    sourceKinesisStreamArn: `arn:aws:kinesis:eu-central-1:1:stream/millrace-dev-${name}`,
    records: datas.map((data, at) => ({
      recordId: `4959${at}`, approximateArrivalTimestamp: NOW, data: Buffer.from(data).toString('base64'),
      kinesisRecordMetadata: { shardId: 'shardId-000000000003', partitionKey: 'v', approximateArrivalTimestamp: NOW, sequenceNumber: `49590338271490256608559692538361571095921575989136588${at}`, subsequenceNumber: at === 1 ? '7' : '' },
    })),
  };
}

const rowOf = (record: RoutedRecord | undefined) => JSON.parse(Buffer.from(record?.data ?? '', 'base64').toString('utf8')) as Record<string, unknown>;
const tableOf = (record: RoutedRecord | undefined) => record?.metadata?.otfMetadata.destinationTableName;

describe('a batch', () => {
  const odd = 'Jo\u00e3o "x" \\ \u2028 \u0001 \u{1f600}';
  const { records, counters } = transformFirehose(eventOf([
    click({ query: odd }), click({ item: '' }), '\xff', '{"type":"signups","customer_id":"c1","email":"Ana@example.com"}',
    '{"type":"signups","customer_id":"c1","email":"Ana@example.com","signed_up_at":"2026-11-21T12:00:00Z"}',
  ]), options);

  test('has a result for every record in its order, each with its table', () => {
    expect(records.map(({ recordId, result }) => `${recordId} ${result}`)).toEqual(['49590 Ok', '49591 Ok', '49592 Ok', '49593 Ok', '49594 Ok']);
    expect(records.map(tableOf)).toEqual(['clicks', 'rejected', 'rejected', 'rejected', 'signups']);
    expect(records[0]?.metadata).toEqual({ otfMetadata: { destinationDatabaseName: 'millrace_dev_bronze', destinationTableName: 'clicks', operation: 'insert' } });
  });

  test('gives every column of its table, and no other', () => {
    expect(Object.keys(rowOf(records[0]))).toEqual(bronzeColumns(clicks).map(({ name }) => name));
    expect(Object.keys(rowOf(records[4]))).toEqual(bronzeColumns(signups).map(({ name }) => name));
    expect(Object.keys(rowOf(records[1]))).toEqual(REJECTED_COLUMNS.map(({ name }) => name));
  });

  test('gives values as bronze keeps them: text, times in microseconds, the place in the stream', () => {
    expect(rowOf(records[0])).toMatchObject({
      query: odd, price: null, _file: null, _row: null, _ingested_at: (NOW + 5) * 1000, _contract_version: '1.2',
      _stream: 'clicks', _shard: 'shardId-000000000003', _sequence: '495903382714902566085596925383615710959215759891365880', _subsequence: '0',
    });
    expect(rowOf(records[4])['email']).toMatch(/^k1:[0-9a-f]{64}$/);
  });

  test('gives refused records with their reasons, and their bytes closed where they may name a person', async () => {
    const row = rowOf(records[1]);
    expect(row).toMatchObject({ source: 'clicks', reason: 'clicks.item_is_known', reasons: '["clicks.item_is_known"]', raw_encoding: 'aes-256-gcm:k1', _subsequence: '7', layout: null, superseded_by: null });
    const raw = await openPayload(Buffer.from(row['raw'] as string, 'base64'), 'aes-256-gcm:k1', { current: async () => KEY, byId: async () => KEY },
      { source: 'clicks', fileId: 'clicks/shardId-000000000003/495903382714902566085596925383615710959215759891365881', row: 7n });
    expect(Buffer.from(raw).toString()).toBe(click({ item: '' }));
    const open = rowOf(transformFirehose(eventOf(['{']), { ...options, checker: checkerOf(clicks) }).records[0]);
    expect([open['raw_encoding'], Buffer.from(open['raw'] as string, 'base64').toString()]).toEqual(['plain', '{']);
  });

  test('is counted', () => {
    expect(counters).toMatchObject({
      records: 5, accepted: 2, rejected: 3, types: { clicks: 1, signups: 1 },
      reasons: { 'clicks.item_is_known': 1, 'clicks.parse.not_json': 1, 'signups.signed_up_at.missing': 1 },
    });
  });
});

test('a response never grows beyond what Lambda may answer; what does not fit is left to the error output', () => {
  const event = eventOf(Array.from({ length: 3000 }, (_, at) => click({ item: String(at) })));
  const { records, counters, overflowed } = transformFirehose(event, { ...options, mostBytes: 1_000_000 });
  expect(records).toHaveLength(3000);
  expect(overflowed).toBeGreaterThan(0);
  expect(counters.records + overflowed).toBe(3000);
  expect(Buffer.byteLength(JSON.stringify({ records }))).toBeLessThan(1_000_000);
  expect(records.filter(({ result }) => result === 'ProcessingFailed')).toHaveLength(overflowed);
});

describe('the key', () => {
  const secret = JSON.stringify({ current: 'k2', k1: 'a'.repeat(32), k2: 'b'.repeat(32) });
  const answering = (...answers: (string | number)[]) => {
    const asked: string[] = [];
    const fetch = (async (url: string, init: RequestInit) => {
      asked.push(`${url} ${(init.headers as Record<string, string>)['X-Aws-Parameters-Secrets-Token']}`);
      const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
      return typeof answer === 'number' ? new Response('not ready to serve traffic, please wait', { status: answer }) : new Response(JSON.stringify({ SecretString: answer }));
    }) as unknown as typeof globalThis.fetch;
    return { fetch, asked };
  };

  test('comes from the extension, once it is ready, and is asked for again only after a while', async () => {
    const clock = new VirtualClock();
    const { fetch, asked } = answering(400, 400, secret);
    const key = keyFromExtension({ secret: 'arn:x', endpoint: 'http://localhost:2773', token: 't', clock, fetch });
    expect((await key()).id).toBe('k2');
    expect((await key()).id).toBe('k2');
    expect(asked).toEqual(Array.from({ length: 3 }, () => 'http://localhost:2773/secretsmanager/get?secretId=arn%3Ax t'));
    await clock.sleep(10 * 60_000);
    await key();
    expect(asked).toHaveLength(4);
  });

  test('stays what it was while the extension fails, and is an error where there never was one', async () => {
    const clock = new VirtualClock();
    const { fetch } = answering(secret, 500);
    const key = keyFromExtension({ secret: 's', endpoint: 'http://x', token: '', clock, fetch });
    await key();
    await clock.sleep(10 * 60_000);
    expect((await key()).id).toBe('k2');
    await expect(keyFromExtension({ secret: 's', endpoint: 'http://x', token: '', clock, fetch: answering(500).fetch })()).rejects.toThrow('the secrets extension answers 500');
  });
});

describe('the function, bundled, in a process of its own', () => {
  let folder: string;
  let bytes = 0;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'millrace-validate-'));
    const root = path.resolve(import.meta.dirname, '../../..');
    const contracts = [...(await loadContracts(path.join(root, 'contracts'))).values()];
    const [bundle] = await bundleFunctions({ root, out: path.join(folder, 'out'), functions: ['validate'], project: { version: '0', contracts, sql: [] } });
    bytes = bundle!.bytes;
  }, 60_000);
  afterAll(async () => { await rm(folder, { recursive: true, force: true }); });

  test('is small', () => expect(bytes).toBeLessThan(150_000));

  test('checks by the contracts of the project, with the key that the extension gives, and counts', async () => {
    const extension = createServer((request, response) => {
      const known = request.headers['x-aws-parameters-secrets-token'] === 'session' && request.url === '/secretsmanager/get?secretId=keys';
      response.statusCode = known ? 200 : 401;
      response.end(JSON.stringify({ SecretString: JSON.stringify({ current: 'k1', k1: 'x'.repeat(40) }) }));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => { extension.once('listening', resolve); });
    const port = String((extension.address() as AddressInfo).port);
    const now = Date.now();
    const event = eventOf([JSON.stringify({ timestamp: now, visitorid: 'v1', event: 'search', query: 'tênis' }), JSON.stringify({ timestamp: now, visitorid: 'v1', event: 'view' })], 'events');
    for (const record of event.records) record.kinesisRecordMetadata!.approximateArrivalTimestamp = now;
    const module = pathToFileURL(path.join(folder, 'out/validate/index.mjs')).href;
    const child = spawn(process.execPath, ['--input-type=module', '-e', `
      const started = performance.now();
      const { handler } = await import(${JSON.stringify(module)});
      const loaded = performance.now() - started;
      const result = await handler(JSON.parse(process.argv[1]));
      process.stdout.write(JSON.stringify({ loaded, result }) + '\\n');`, JSON.stringify(event)], {
      env: {
        MILLRACE_APP: 'millrace', MILLRACE_STAGE: 'dev', MILLRACE_STREAM_PREFIX: 'millrace-dev-', MILLRACE_BRONZE_DATABASE: 'millrace_dev_bronze', MILLRACE_PRIVACY_KEYS: 'keys',
        AWS_SESSION_TOKEN: 'session', PARAMETERS_SECRETS_EXTENSION_HTTP_PORT: port,
      },
    });
    let out = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => { out += chunk; });
    child.stderr.on('data', (chunk: Buffer) => { errors += chunk; });
    await new Promise((resolve) => { child.once('close', resolve); });
    extension.close();
    expect(errors).toBe('');
    const [metrics = '', answer = ''] = out.trim().split('\n');
    const { result } = JSON.parse(answer) as { loaded: number; result: { records: RoutedRecord[] } };
    expect(result.records.map(tableOf)).toEqual(['events', 'rejected']);
    expect(rowOf(result.records[0])).toMatchObject({ event: 'search', query: 'tênis', _stream: 'events' });
    expect(rowOf(result.records[1])).toMatchObject({ source: 'events', reason: 'events.item_is_known' });
    expect(JSON.parse(metrics)).toMatchObject({
      _aws: { CloudWatchMetrics: [{ Namespace: 'Millrace', Dimensions: [['Stage'], ['Stage', 'Stream']] }] },
      Stage: 'millrace-dev', Stream: 'events', Records: 2, Accepted: 1, Rejected: 1, Overflowed: 0, reasons: { 'events.item_is_known': 1 },
    });
  }, 30_000);
});
