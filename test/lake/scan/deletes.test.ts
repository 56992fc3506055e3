// Which deletes apply to which files: by time, place and path; and what is refused only where it would have to be read.
import { describe, expect, it } from 'vitest';
import type { DataFile, Table } from '../../../lib/lake/index.ts';
import { DELETE_PATH_FIELD } from '../../../lib/lake/format/manifest.ts';
import { dataFile, memoryLake, ordersTable, pathsOf } from '../support/fixtures.ts';

function deleteFile(table: Table, partition: DataFile['partition'], paths: [string, string] | undefined): DataFile {
  const file = dataFile(table, { partition, rows: 2 });
  return {
    ...file, content: 1, path: file.path.replace('file-', 'deletes-'),
    metrics: { columnSizes: {}, valueCounts: {}, nullValueCounts: {}, lowerBounds: paths === undefined ? {} : { [DELETE_PATH_FIELD]: paths[0] }, upperBounds: paths === undefined ? {} : { [DELETE_PATH_FIELD]: paths[1] } },
  };
}

async function setUp() {
  const { lake } = memoryLake();
  const table = await ordersTable(lake, { partitionBy: ['state'] });
  const old = [dataFile(table, { partition: ['SP'] }), dataFile(table, { partition: ['SP'] }), dataFile(table, { partition: ['RJ'] })];
  await table.append(old);
  return { lake, table, old: old as [DataFile, DataFile, DataFile] };
}
const deletesOf = async (table: Table) => new Map((await table.scan()).files.map((each) => [each.file.path, each.positionDeletes.map((file) => file.path)]));

describe('position deletes', () => {
  it('apply to older files of their partition whose path is in their bounds, and to no newer ones', async () => {
    const { table, old } = await setUp();
    const exact = deleteFile(table, ['SP'], [old[0].path, old[0].path]);
    const wide = deleteFile(table, ['SP'], undefined);
    await table.rowDelta({ deletes: [exact], deletesFrom: [old[0]] });
    await table.rowDelta({ deletes: [wide], deletesFrom: [old[0], old[1]] });
    const young = dataFile(table, { partition: ['SP'] });
    await table.append([young]);
    const found = await deletesOf(table);
    expect(found.get(old[0].path)?.sort()).toEqual([exact.path, wide.path].sort());
    expect(found.get(old[1].path)).toEqual([wide.path]);
    expect(found.get(old[2].path)).toEqual([]);
    expect(found.get(young.path)).toEqual([]);
    expect(table.history[1]?.summary).toMatchObject({ operation: 'delete', 'added-delete-files': '1', 'added-position-deletes': '2', 'total-position-deletes': '4' });
  });

  it('one that names its data file applies to that one', async () => {
    const { table, old } = await setUp();
    const file = { ...deleteFile(table, ['SP'], undefined), referencedDataFile: old[1].path };
    await table.rowDelta({ deletes: [file], deletesFrom: [old[1]] });
    const found = await deletesOf(table);
    expect([found.get(old[0].path), found.get(old[1].path)]).toEqual([[], [file.path]]);
  });

  it('added meanwhile, they stop a compaction or rewrite of the files they point into, and of no others', async () => {
    const { lake, table, old } = await setUp();
    const scan = await table.scan();
    const other = await lake.loadTable(table.name);
    await other.rowDelta({ deletes: [deleteFile(table, ['SP'], [old[0].path, old[0].path])], deletesFrom: [old[0]] });
    const merged = dataFile(table, { partition: ['SP'], rows: 20 });
    await expect(table.replaceFiles({ remove: [old[0], old[1]], add: [merged] }, { basedOn: scan })).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('deleted rows of a file') });
    await expect(table.rewriteFiles({ remove: [old[0]], add: [] }, { basedOn: scan, isolation: 'snapshot' })).rejects.toMatchObject({ code: 'conflict' });
    await table.replaceFiles({ remove: [old[2]], add: [dataFile(table, { partition: ['RJ'] })] }, { basedOn: scan });
  });

  it('go when the last file they point into goes', async () => {
    const { table, old } = await setUp();
    const [first, both] = [deleteFile(table, ['SP'], [old[0].path, old[0].path]), deleteFile(table, ['SP'], [old[0].path, old[1].path])];
    await table.rowDelta({ deletes: [first, both], deletesFrom: [old[0], old[1]] });
    await table.replaceFiles({ remove: [old[0]], add: [dataFile(table, { partition: ['SP'], rows: 8, path: `${table.dataLocation}/merged.parquet` })] });
    expect((await deletesOf(table)).get(old[1].path)).toEqual([both.path]);
    expect(table.currentSnapshot?.summary).toMatchObject({ 'removed-position-delete-files': '1', 'total-delete-files': '1' });
    await table.deleteFiles([old[1]]);
    expect(table.currentSnapshot?.summary['total-delete-files']).toBe('0');
  });

  it('cannot be committed on files that are gone', async () => {
    const { table, old } = await setUp();
    await table.deleteFiles([old[0]]);
    await expect(table.rowDelta({ deletes: [deleteFile(table, ['SP'], undefined)], deletesFrom: [old[0]] })).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('what cannot be read is refused where it would have to be, and only there', () => {
  const withFile = async (change: (file: DataFile) => DataFile) => {
    const { lake, table, old } = await setUp();
    const odd = change(dataFile(table, { partition: ['SP'] }));
    await table.append([odd]);
    return { lake, table, old, odd };
  };
  const where = (state: string) => ({ filter: { op: 'eq' as const, column: 'state', value: state } });

  it('ORC', async () => {
    const { table, odd } = await withFile((file) => ({ ...file, format: 'ORC', path: `${file.path}.orc` }));
    await expect(table.scan()).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining('ORC'), where: odd.path });
    expect((await table.scan(where('RJ'))).files).toHaveLength(1);
  });

  it('encryption', async () => {
    const { table } = await withFile((file) => ({ ...file, keyMetadata: Uint8Array.of(1) }));
    await expect(table.scan()).rejects.toThrow(/encrypted/);
    expect((await table.scan(where('RJ'))).files).toHaveLength(1);
  });

  it('equality deletes', async () => {
    const { table, old, odd } = await withFile((file) => ({ ...file, content: 2, equalityIds: [1] }));
    await expect(table.scan()).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining('equality deletes'), where: expect.stringContaining(odd.path) });
    expect(pathsOf((await table.scan(where('RJ'))).files)).toEqual([old[2].path]);
    const young = dataFile(table, { partition: ['BA'] });
    await table.append([young]);
    expect(pathsOf((await table.scan(where('BA'))).files)).toEqual([young.path]);
  });
});

describe('pruning', () => {
  it('skips manifests by their partitions, files by partition and bounds', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake, { partitionBy: ['state'] });
    for (const state of ['BA', 'RJ', 'SP', null]) {
      await table.append([0, 1, 2].map((index) => dataFile(table, { partition: [state], ids: [index * 100, index * 100 + 99] })));
    }
    const counts = async (filter: NonNullable<Parameters<Table['scan']>[0]>['filter']) => (await table.scan(filter === undefined ? {} : { filter })).counts;
    expect(await counts(undefined)).toEqual({ manifests: 4, manifestsRead: 4, files: 12, filesKept: 12 });
    expect(await counts({ op: 'eq', column: 'state', value: 'RJ' })).toEqual({ manifests: 4, manifestsRead: 1, files: 12, filesKept: 3 });
    expect(await counts({ op: 'is_null', column: 'state' })).toMatchObject({ manifestsRead: 1, filesKept: 3 });
    expect(await counts({ op: 'and', of: [{ op: 'ge', column: 'state', value: 'RJ' }, { op: 'eq', column: 'id', value: 150 }] })).toMatchObject({ manifestsRead: 2, filesKept: 2 });
    expect(await counts({ op: 'in', column: 'state', values: ['XX', 'YY'] })).toMatchObject({ manifestsRead: 0, filesKept: 0 });
    expect(await counts({ op: 'eq', column: 'id', value: 10_000 })).toMatchObject({ manifestsRead: 4, filesKept: 0 });
  });
});
