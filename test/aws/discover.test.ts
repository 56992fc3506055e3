// A landing bucket with very many new files: all are taken by one run, in their order, and what passes between states stays small.
import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { discoverBatches } from '../../lambdas/shared/discover.ts';
import { BATCH_TASKS, Journal, type BatchContext, type FileBatch } from '../../lib/batch/index.ts';
import type { Contracts } from '../../lib/contracts/index.ts';
import { FolderCatalog, Lake } from '../../lib/lake/index.ts';
import { MemoryFiles } from '../lake/support/memory-files.ts';

/** A bucket that lists these objects, a thousand a page, as S3 does. */
function bucketOf(objects: readonly { key: string; size: number }[]): S3Client {
  return new S3Client({
    region: 'eu-central-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: {
      handle: async ({ query }: { query: Record<string, string> }) => {
        const from = Number(query['continuation-token'] ?? 0);
        const page = objects.slice(from, from + 1000);
        const more = from + 1000 < objects.length;
        const contents = page.map(({ key, size }) => `<Contents><Key>${key}</Key><Size>${size}</Size><ETag>"e"</ETag><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>`).join('');
        const body = `<?xml version="1.0"?><ListBucketResult><IsTruncated>${more}</IsTruncated>${more ? `<NextContinuationToken>${from + 1000}</NextContinuationToken>` : ''}${contents}</ListBucketResult>`;
        return { response: { statusCode: 200, headers: { 'content-type': 'application/xml' }, body: new Blob([body]).stream() } };
      },
    },
  });
}

const contracts = new Map([['orders', { name: 'orders', files: { names: [] } }], ['sellers', { name: 'sellers', files: { names: [] } }]]) as unknown as Contracts;
const name = (source: string, index: number): string => `${source}/${String(index).padStart(6, '0')}.csv`;

async function discovered(objects: { key: string; size: number }[]): Promise<{ batches: FileBatch[]; state: number; parts: FileBatch[][] }> {
  const files = new MemoryFiles();
  const lake = new Lake({ files, catalog: new FolderCatalog(files, 's3://bucket/lake') });
  const discover = () => discoverBatches({ client: bucketOf(objects), landing: 's3://landing', contracts, lake, engine: undefined as never });
  const journal = new Journal(files, 's3://bucket/lake/ops/_runs');
  const context = { journal, files: { discover } } as unknown as BatchContext;
  const answer = await BATCH_TASKS.discover(context, { run_id: 'run' });
  const parts = await Promise.all(answer.batches.map((each) => Promise.all(each.parts.map((part) => journal.read<FileBatch>('run', part)))));
  return { batches: await discover(), state: Buffer.byteLength(JSON.stringify(answer)), parts };
}

describe('a landing bucket', () => {
  it('with 30,000 new files is taken whole by one run', async () => {
    const objects = Array.from({ length: 30_000 }, (_, index) => ({ key: name(index % 3 === 0 ? 'sellers' : 'orders', index), size: 10_000 })).sort((a, b) => (a.key < b.key ? -1 : 1));
    const { state, parts } = await discovered(objects);
    expect(parts.flat(2).flatMap((batch) => batch.files)).toHaveLength(30_000);
    expect(state).toBeLessThan(5_000);
    for (const source of parts) {
      const files = source.flatMap((batch) => batch.files);
      expect([new Set(source.map((batch) => batch.source)).size, files]).toEqual([1, files.toSorted()]);
    }
  });

  it('with big files is taken a few at a time', async () => {
    const { batches } = await discovered(Array.from({ length: 10 }, (_, index) => ({ key: name('orders', index), size: 2 ** 30 })));
    expect(batches.map(({ files }) => files.length)).toEqual([2, 2, 2, 2, 2]);
  });

  it('with nothing in it starts nothing', async () => {
    expect(await discovered([])).toEqual({ batches: [], state: 14, parts: [] });
  });
});
