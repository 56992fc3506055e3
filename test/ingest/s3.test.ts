// A landing bucket is a landing folder: the same files land the same way, by the real client against a server of this test's own.
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ingestFiles } from '../../lib/ingest/index.ts';
import { discoverBucket, discoverObjects } from '../../lib/ingest/aws/index.ts';
import { openTestHome, type TestHome } from './home.ts';

/** As much of S3 as reading takes: ListObjectsV2 in pages of two, HEAD, GET. */
class Bucket {
  readonly objects = new Map<string, Buffer>();
  beforeGet: (key: string) => void = () => {};
  private readonly server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://s3');
    const key = decodeURIComponent(url.pathname.split('/').slice(2).join('/'));
    if (url.searchParams.get('list-type') === '2') {
      const after = url.searchParams.get('continuation-token') ?? '';
      const keys = [...this.objects.keys()].filter((each) => each.startsWith(url.searchParams.get('prefix') ?? '') && each > after).sort();
      const page = keys.slice(0, 2);
      const contents = page.map((each) => `<Contents><Key>${each.replaceAll('&', '&amp;')}</Key><Size>${this.objects.get(each)!.length}</Size><LastModified>2024-01-01T00:00:00.000Z</LastModified></Contents>`);
      const more = keys.length > page.length ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
      response.end(`<?xml version="1.0"?><ListBucketResult><IsTruncated>${more !== ''}</IsTruncated>${more}${contents.join('')}</ListBucketResult>`);
      return;
    }
    if (request.method === 'GET') this.beforeGet(key);
    const body = this.objects.get(key);
    if (body === undefined) {
      response.writeHead(404).end(request.method === 'HEAD' ? undefined : '<Error><Code>NoSuchKey</Code><Message>none</Message></Error>');
      return;
    }
    response.writeHead(200, { 'content-length': body.length, etag: `"${createHash('md5').update(body).digest('hex')}"`, 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' });
    response.end(request.method === 'HEAD' ? undefined : body);
  });

  async start(): Promise<S3Client> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const { port } = this.server.address() as AddressInfo;
    return new S3Client({ endpoint: `http://127.0.0.1:${port}`, region: 'eu-central-1', forcePathStyle: true, credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, maxAttempts: 1 });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

let home: TestHome;
let bucket: Bucket;
let client: S3Client;
beforeEach(async () => {
  home = await openTestHome();
  bucket = new Bucket();
  client = await bucket.start();
});
afterEach(async () => {
  client.destroy();
  await bucket.stop();
  home.close();
});

const header = 'sale_id,item,amount,sold_at\n';
const place = (): Parameters<typeof discoverBucket>[0] => ({ client, landing: 's3://shop/landing', contracts: home.context.contracts });

test('objects land by folder and by name, page by page, small and big, once', async () => {
  bucket.objects.set('landing/sales/part2.csv', Buffer.from(`${header}s2,x,1,\n`));
  bucket.objects.set('landing/sales/part10.csv', Buffer.from(`${header}s10,x,-1,\ns11,a+b %20 & c,1,\n`));
  bucket.objects.set('landing/sales.csv.gz', gzipSync(header + Array.from({ length: 100_000 }, (_, i) => `z${i},an item with a long name to fill the line ${i},1.5,\n`).join(''), { level: 1 }));
  bucket.objects.set('landing/sales/', Buffer.alloc(0));
  bucket.objects.set('landing/sales/x.csv.part', Buffer.from('x'));
  bucket.objects.set('landing/a b & ü.txt', Buffer.from('x'));
  bucket.objects.set('elsewhere/sales.csv', Buffer.from('x'));
  const report = await ingestFiles(home.context, await discoverBucket(place()));
  expect(report.files.map(({ file, status, accepted, rejected, reader }) => [file, status, accepted, rejected, reader])).toEqual([
    ['a b & ü.txt', 'unknown', 0, 0, undefined], ['sales.csv.gz', 'landed', 100_000, 0, 'duckdb'],
    ['sales/part2.csv', 'landed', 1, 0, 'exact'], ['sales/part10.csv', 'landed', 1, 1, 'exact'],
  ]);
  expect((await ingestFiles(home.context, await discoverObjects(place(), ['s3://shop/landing/sales/part2.csv']))).totals).toMatchObject({ files: 1, seen: 1 });
});

test('an object that is replaced while it is read is refused; one that is gone is told', async () => {
  bucket.objects.set('landing/sales/a.csv', Buffer.from(`${header}s1,x,1,\n`));
  const found = await discoverBucket(place());
  bucket.beforeGet = (key) => bucket.objects.set(key, Buffer.from(`${header}s1,x,2,\n`));
  expect((await ingestFiles(home.context, found)).files[0]?.error?.message).toBe('the file changed while it was read: somebody is still writing it');
  bucket.objects.clear();
  bucket.beforeGet = () => {};
  expect((await ingestFiles(home.context, found)).files[0]?.error).toMatchObject({ code: 'not_found', message: 'the object is not there' });
  expect((await ingestFiles(home.context, await discoverObjects(place(), ['s3://shop/landing/sales/a.csv']))).files[0]).toMatchObject({ status: 'failed', file: 'sales/a.csv' });
});

test('an object that is too big for the place is refused by name', async () => {
  bucket.objects.set('landing/sales/a.csv', Buffer.from(header + 's1,x,1,\n'.repeat(1_000)));
  const report = await ingestFiles(home.context, await discoverBucket(place()), { sizeLimit: 1_000 });
  expect(report.files[0]?.error).toMatchObject({ code: 'too_big', message: 'the file has more than 1,000 bytes (decompressed), which is the limit here' });
  expect(report.files[0]?.error?.todo).toContain('bigFiles');
});
