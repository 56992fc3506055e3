// The folder catalog: the contract, and what a folder can look like after crashes and other engines.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { FolderCatalog, LocalFiles, openFolderLake, type Table } from '../../../lib/lake/index.ts';
import { catalogContract } from '../contract/catalog.ts';
import { dataFile, ORDERS, ordersTable, temporaryFolder } from '../support/fixtures.ts';
import { MemoryFiles } from '../support/memory-files.ts';

catalogContract('folder on disk', async () => {
  const { folder, remove } = temporaryFolder();
  const files = new LocalFiles();
  return { files, catalog: new FolderCatalog(files, folder), namespace: 'shop', close: remove };
});
catalogContract('folder in memory', async () => {
  const files = new MemoryFiles();
  return { files, catalog: new FolderCatalog(files, '/lake'), namespace: 'shop' };
});

describe('the Hadoop layout', () => {
  const cleanups: (() => void)[] = [];
  afterEach(() => cleanups.splice(0).forEach((remove) => remove()));
  const setUp = async (commits: number, properties: Record<string, string> = {}): Promise<{ root: string; table: Table; hint: string; version: (n: number) => string }> => {
    const { folder: root, remove } = temporaryFolder();
    cleanups.push(remove);
    const table = await ordersTable(openFolderLake(root), { properties });
    for (let index = 0; index < commits; index++) await table.append([dataFile(table)]);
    return { root, table, hint: `${table.location}/metadata/version-hint.text`, version: (n) => `${table.location}/metadata/v${n}.metadata.json` };
  };
  const filesSeen = async (root: string) => (await (await openFolderLake(root).loadTable(ORDERS)).scan()).files.length;

  it('versions count up and the hint follows', async () => {
    const { hint, table, version } = await setUp(2);
    expect(readFileSync(hint, 'utf8')).toBe('3');
    expect(table.pointer.metadataLocation).toBe(version(3));
  });

  it.each([
    ['missing', (hint: string) => rmSync(hint, { force: true })],
    ['behind', (hint: string) => writeFileSync(hint, '1')],
    ['ahead of every file', (hint: string) => writeFileSync(hint, '99')],
    ['empty', (hint: string) => writeFileSync(hint, '')],
    ['nonsense', (hint: string) => writeFileSync(hint, 'three\n')],
  ])('a hint that is %s does no harm, to readers and to writers', async (_name, damage) => {
    const { root, hint } = await setUp(4);
    damage(hint);
    expect(await filesSeen(root)).toBe(4);
    damage(hint);
    const table = await openFolderLake(root).loadTable(ORDERS);
    await table.append([dataFile(table)]);
    expect(await filesSeen(root)).toBe(5);
    expect(readFileSync(hint, 'utf8')).toBe('6');
  });

  it('a hint to a version that upkeep has deleted does no harm', async () => {
    const { root, hint } = await setUp(6, { 'write.metadata.previous-versions-max': '2' });
    writeFileSync(hint, '2');
    expect(await filesSeen(root)).toBe(6);
  });

  it('a writer that slept while versions came and went does not take an old number for a free one', async () => {
    const { root, table, version } = await setUp(1, { 'write.metadata.previous-versions-max': '2' });
    const catalog = new FolderCatalog(new LocalFiles(), root);
    const sleeper = table.pointer;
    for (let index = 0; index < 6; index++) await table.append([dataFile(table)]);
    expect(await new LocalFiles().exists(version(3))).toBe(false); // free again, and yet long taken
    expect(await catalog.commit(sleeper, table.location, Buffer.from('{}'), [])).toEqual({ outcome: 'conflict' });
    expect(await new LocalFiles().exists(version(3))).toBe(false);
    expect(await filesSeen(root)).toBe(7);
  });

  it('old versions go oldest first, also those that a slower process should have deleted', async () => {
    const { root, version } = await setUp(6, { 'write.metadata.delete-after-commit.enabled': 'false' });
    await new FolderCatalog(new LocalFiles(), root).removeMetadata([version(4)]);
    const left = [1, 2, 3, 4, 5, 6, 7].filter((n) => existsSync(version(n)));
    expect(left).toEqual([5, 6, 7]);
  });

  it('a writer that slept while the table was dropped and made again does not write into the new one', async () => {
    const { root, table } = await setUp(0);
    const lake = openFolderLake(root);
    const sleeper = table.pointer;
    await lake.dropTable(ORDERS);
    await ordersTable(lake);
    expect(await new FolderCatalog(new LocalFiles(), root).commit(sleeper, table.location, Buffer.from('{}'), [])).toEqual({ outcome: 'conflict' });
    expect(await filesSeen(root)).toBe(0);
  });

  it('metadata that Java compressed are read, and the next version is written on top', async () => {
    const { root, version, hint } = await setUp(2);
    writeFileSync(version(3).replace('.metadata.json', '.gz.metadata.json'), gzipSync(readFileSync(version(3))));
    rmSync(version(3));
    rmSync(hint);
    expect(await filesSeen(root)).toBe(2);
    const table = await openFolderLake(root).loadTable(ORDERS);
    await table.append([dataFile(table)]);
    expect(table.pointer.metadataLocation).toBe(version(4));
    expect(await filesSeen(root)).toBe(3);
  });

  it('a table cannot lie elsewhere than under its name', async () => {
    const { root } = await setUp(0);
    await expect(openFolderLake(root).createTable({ namespace: 'shop', name: 'x' }, { columns: [{ name: 'id', type: 'long' }], location: `${root}/elsewhere` })).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('folders that are no tables are not listed', async () => {
    const { root } = await setUp(0);
    mkdirSync(`${root}/shop/empty/metadata`, { recursive: true });
    mkdirSync(`${root}/shop/other/data`, { recursive: true });
    writeFileSync(`${root}/shop/note.txt`, 'x');
    expect(await openFolderLake(root).listTables()).toEqual([ORDERS]);
    expect(await openFolderLake(`${root}/nowhere`).listTables()).toEqual([]);
  });

  it.each(['../x', 'a/b', '', '.hidden', 'a\0b'])('%j cannot be a table\'s name', async (name) => {
    const { root } = await setUp(0);
    await expect(openFolderLake(root).tableExists({ namespace: 'shop', name })).rejects.toMatchObject({ code: 'bad_input' });
  });
});
