// Older snapshots go with their files: one that cannot be deleted is told, and the next try deletes it although nothing refers to it any more.
import { describe, expect, it } from 'vitest';
import { Journal } from '../../lib/batch/index.ts';
import { expireWithFiles } from '../../lib/forget/expire.ts';
import type { IngestContext } from '../../lib/ingest/index.ts';
import { dataFile, memoryLake, ORDERS, ordersTable } from '../lake/support/fixtures.ts';

async function shop() {
  const { lake, files } = memoryLake();
  const list = files.list.bind(files);
  files.list = (prefix) => list(prefix.replace(/\/$/, '')); // as the disk and S3 take it
  const table = await ordersTable(lake);
  const [first, second] = [dataFile(table), dataFile(table)];
  for (const file of [first, second]) {
    await files.write(file.path, Buffer.from('rows'));
    await table.append([file]);
  }
  await table.tag('model.churn.1');
  await table.deleteFiles([first]);
  const context = { ingest: { lake } as IngestContext, journal: new Journal(files, '/runs'), liftedTags: ['model.'] };
  return { lake, files, first, second, context };
}

describe('snapshots of tables that showed the person', () => {
  it('go, with their tags and files; the newest stays', async () => {
    const { lake, files, first, second, context } = await shop();
    expect(await expireWithFiles(context, 'forget-1', ['shop.orders', 'shop.not_there'])).toEqual(['shop.orders']);
    const { metadata } = await lake.loadTable(ORDERS);
    const [head] = metadata.snapshots;
    const manifests = await lake.context.store.readManifests(head!);
    expect(manifests.map(({ deletedFilesCount, existingFilesCount }) => [deletedFilesCount, existingFilesCount])).toEqual([[0, 1]]);
    expect([metadata.snapshots.length, Object.keys(metadata.refs), await files.exists(first.path), await files.exists(second.path)]).toEqual([1, ['main'], false, true]);
  });

  it('are not done with while a file of theirs is there: the same again deletes it', async () => {
    const { lake, files, first, context } = await shop();
    const remove = files.delete.bind(files);
    files.delete = async (path) => {
      if (path === first.path) throw new Error('Access Denied');
      await remove(path);
    };
    await expect(expireWithFiles(context, 'forget-1', ['shop.orders'])).rejects.toMatchObject({ code: 'io', message: expect.stringMatching(/1 files of older snapshots could not be deleted.*Access Denied/) as string });
    expect([(await lake.loadTable(ORDERS)).metadata.snapshots.length, await files.exists(first.path)]).toEqual([1, true]);
    files.delete = remove;
    expect(await expireWithFiles(context, 'forget-1', ['shop.orders'])).toEqual(['shop.orders']);
    expect(await files.exists(first.path)).toBe(false);
  });
});
