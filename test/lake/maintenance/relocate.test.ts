// A table in a folder that was moved: cut short anywhere it is as it was, and mended it is what it was, history and bounds included.
import { describe, expect, it } from 'vitest';
import { FolderCatalog, Lake, type Table } from '../../../lib/lake/index.ts';
import { dataFile, memoryLake, ORDERS, ordersTable, TestClock } from '../support/fixtures.ts';
import { MemoryFiles } from '../support/memory-files.ts';

/** Fails at the nth write; all before it are done. */
class CutShort extends MemoryFiles {
  left = Number.POSITIVE_INFINITY;

  override async write(...args: Parameters<MemoryFiles['write']>): Promise<void> {
    this.count();
    return super.write(...args);
  }

  override async create(...args: Parameters<MemoryFiles['create']>): Promise<boolean> {
    this.count();
    return super.create(...args);
  }

  private count(): void {
    if (this.left-- <= 0) throw new Error('killed');
  }
}

/** A table of some snapshots, its files copied to another root. */
async function moved(): Promise<{ files: CutShort; open: () => Promise<Table>; before: Table }> {
  const { lake, files: here } = memoryLake();
  const table = await ordersTable(lake, { partitionBy: ['bucket(4, id)'] });
  const add = async (bucket: number) => {
    const file = dataFile(table, { partition: [bucket], ids: [bucket, bucket + 10] });
    await here.write(file.path, Buffer.alloc(Number(file.fileSizeInBytes)));
    return file;
  };
  const first = await add(1);
  await table.append([first, await add(2)]);
  await table.tag('then');
  await table.rewriteFiles({ remove: [first], add: [await add(3)] });
  const files = new CutShort();
  for (const [path, bytes] of here.content) await files.write(path.replace('/lake/', '/moved/'), bytes.bytes ?? bytes);
  const clock = new TestClock();
  return { files, before: table, open: () => new Lake({ files, catalog: new FolderCatalog(files, '/moved'), clock }).loadTable(ORDERS) };
}

const facts = async (table: Table) => Promise.all(table.metadata.snapshots.map(async (snapshot) => {
  const { files } = await table.scan({ snapshotId: snapshot['snapshot-id'] });
  return {
    id: snapshot['snapshot-id'], summary: snapshot.summary, at: snapshot['timestamp-ms'],
    files: files.map(({ file, sequenceNumber, snapshotId }) => ({ ...file, path: file.path.replace('/lake/', '/moved/'), metrics: JSON.stringify(file.metrics, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)), sequenceNumber, snapshotId })),
  };
}));

describe('a relocated table', () => {
  it('has the same snapshots, files, bounds, sequence numbers and tags, at the new place', async () => {
    const { open, before } = await moved();
    const table = await open();
    expect(await table.relocate({ from: '/lake', to: '/moved' })).toMatchObject({ snapshots: 2, files: 3 });
    const now = await open();
    expect(now.location).toBe('/moved/shop/orders');
    expect(await facts(now)).toEqual(await facts(before));
    expect(now.metadata.refs).toEqual(before.metadata.refs);
    expect((await now.verify({ allSnapshots: true })).problems).toEqual([]);
    expect(JSON.stringify(now.metadata, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))).not.toContain('/lake/');
    expect(await now.relocate({ from: '/lake', to: '/moved' })).toEqual({ snapshots: 0, manifests: 0, files: 0 });
  });

  it('is as it was wherever the work is cut short, and whole when it is done again', async () => {
    for (let writes = 0; ; writes++) {
      const { files, open, before } = await moved();
      files.left = writes;
      const cut = await (await open()).relocate({ from: '/lake', to: '/moved' }).then(() => false, () => true);
      files.left = Number.POSITIVE_INFINITY;
      expect((await open()).location).toBe(cut ? '/lake/shop/orders' : '/moved/shop/orders');
      await (await open()).relocate({ from: '/lake', to: '/moved' });
      expect(await facts(await open())).toEqual(await facts(before));
      if (!cut) return expect(writes).toBeGreaterThan(4);
    }
  });

  it('that left a file behind is refused, and stays as it was', async () => {
    const { files, open } = await moved();
    await files.delete([...files.content.keys()].find((path) => path.endsWith('.parquet')) ?? '');
    await expect((await open()).relocate({ from: '/lake', to: '/moved' })).rejects.toMatchObject({ code: 'not_found', message: expect.stringContaining('was not moved with its table') as string });
    expect((await open()).location).toBe('/lake/shop/orders');
  });
});
