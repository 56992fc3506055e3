// The function that sweeps an object of the bucket of failed records: by the real client, against a server of this test's own.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sweep, type SweepEvent } from '../../../lambdas/sweep/index.ts';
import { S3Files } from '../../../lib/lake/aws/index.ts';
import { projectOf } from '../../../lib/warehouse/index.ts';
import { contractsOf, openTestHome, type TestHome } from '../home.ts';
import { click, clicks, NOW } from './support.ts';

const objects = new Map<string, Buffer>();
const server = createServer((request, response) => {
  const key = decodeURIComponent(new URL(request.url ?? '/', 'http://s3').pathname.slice(1));
  const body = objects.get(key);
  if (request.method === 'DELETE') {
    objects.delete(key);
    response.writeHead(204).end();
  } else if (body === undefined) response.writeHead(404).end('<Error><Code>NoSuchKey</Code><Message>none</Message></Error>');
  else response.writeHead(200, { 'content-length': body.length }).end(body);
});

let home: TestHome;
let files: S3Files;
beforeEach(async () => {
  home = await openTestHome({ contracts: contractsOf(clicks) });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  files = new S3Files(new S3Client({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, region: 'eu-central-1', forcePathStyle: true, credentials: { accessKeyId: 'x', secretAccessKey: 'x' }, maxAttempts: 1,
  }));
});
afterEach(async () => {
  home.close();
  server.closeAllConnections();
  await new Promise((resolve) => { server.close(resolve); });
});

test('an object is in the quarantine, then gone; an event that comes again finds nothing to do', async () => {
  const key = 'firehose/clicks/processing-failed/2026-11-21/part 1+é';
  objects.set(`millrace-failed/${key}`, Buffer.from(`${JSON.stringify({ rawData: Buffer.from(click()).toString('base64'), arrivalTimestamp: NOW, errorCode: 'Lambda.FunctionError' })}\n`));
  const context = {
    lake: home.context.lake, clock: home.context.clock, project: projectOf([], home.context.contracts), scratch: home.context.temporaryFolder, database: async () => home.context.database,
  };
  const event = { detail: { bucket: { name: 'millrace-failed' }, object: { key } } } as unknown as Pick<SweepEvent, 'detail'>;
  const parts = { keys: home.context.keys, streamPrefix: 'millrace-dev-', files };
  expect(await sweep(context, event, parts)).toEqual({ objects: 1, records: 1, reasons: { 'clicks.delivery.not_transformed': 1 } });
  expect(objects.size).toBe(0);
  expect(await sweep(context, event, parts)).toEqual({ objects: 0, records: 0, reasons: {} });
  expect(await home.rows('bronze.rejected', 'SELECT source, _file, _row FROM t')).toEqual([{ source: 'clicks', _file: key, _row: 1n }]);
});
