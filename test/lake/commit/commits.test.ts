// What a commit leaves behind: summaries, sequence numbers, properties, ids; and what it does when it loses.
import { describe, expect, it } from 'vitest';
import { FolderCatalog, Lake, snapshotById, type Catalog, type CommitOutcome, type DataFile } from '../../../lib/lake/index.ts';
import { dataFile, memoryLake, ORDERS, ordersTable, pathsOf, TestClock } from '../support/fixtures.ts';
import { MemoryFiles } from '../support/memory-files.ts';

describe('append', () => {
  it('writes the summary that other engines write', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake, { partitionBy: ['state'] });
    await table.append([dataFile(table, { partition: ['SP'], rows: 5, size: 100 }), dataFile(table, { partition: ['RJ'], rows: 7, size: 200 })]);
    const { snapshot } = await table.append([dataFile(table, { partition: [null], rows: 1, size: 50 })], { summary: { 'millrace.run': 'r1' } });
    expect(snapshot?.summary).toEqual({
      operation: 'append', 'millrace.run': 'r1', 'added-data-files': '1', 'added-records': '1', 'added-files-size': '50', 'changed-partition-count': '1',
      'total-data-files': '3', 'total-records': '13', 'total-files-size': '350', 'total-delete-files': '0', 'total-position-deletes': '0', 'total-equality-deletes': '0',
    });
    expect(snapshot).toMatchObject({ 'sequence-number': 2n, 'parent-snapshot-id': table.history[1]?.['snapshot-id'], 'schema-id': 0 });
    expect(table.metadata['snapshot-log'].map((entry) => entry['snapshot-id'])).toEqual(table.history.map((each) => each['snapshot-id']).reverse());
    expect(table.metadata.refs['main']).toEqual({ 'snapshot-id': snapshot?.['snapshot-id'], type: 'branch' });
  });

  it('of no files makes a snapshot all the same, for what its summary and properties carry', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake);
    const result = await table.append([], { summary: { note: 'idle' }, properties: { set: { 'millrace.checkpoint.s.0': '42' } } });
    expect(result.snapshot?.summary['note']).toBe('idle');
    expect((await lake.loadTable(ORDERS)).properties['millrace.checkpoint.s.0']).toBe('42');
  });

  it('sets and removes properties in the same commit', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake, { properties: { gone: 'x' } });
    await table.append([dataFile(table)], { properties: { set: { kept: 'y' }, remove: ['gone'] } });
    const { properties } = await lake.loadTable(ORDERS);
    expect(properties['kept']).toBe('y');
    expect(properties).not.toHaveProperty('gone');
  });

  it('refuses files that do not fit the table', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake, { partitionBy: ['state'] });
    const file = dataFile(table, { partition: ['SP'] });
    await expect(table.append([file, file])).rejects.toMatchObject({ code: 'bad_input', where: file.path });
    await expect(table.append([{ ...file, partition: [] }])).rejects.toThrow(/0 partition values, its spec has 1/);
    await expect(table.append([{ ...file, specId: 7 }])).rejects.toThrow(/spec 7/);
    await expect(table.append([{ ...file, fileSizeInBytes: 0n }])).rejects.toThrow(/no size/);
    expect(table.currentSnapshot).toBeUndefined();
  });

  it('cuts the bounds of texts, and keeps the metrics that the table asks for', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake, { properties: { 'write.metadata.metrics.column.id': 'counts', 'write.metadata.metrics.column.price': 'none', 'write.metadata.metrics.column.ordered_at': 'full' } });
    const bound = 'a state with a very long name';
    await table.append([{
      ...dataFile(table),
      metrics: {
        columnSizes: { 1: 1n, 2: 2n, 4: 4n }, valueCounts: { 1: 10n, 4: 10n }, nullValueCounts: { 1: 0n, 4: 0n },
        lowerBounds: { 1: 1n, 2: bound, 3: 5n, 4: 1n }, upperBounds: { 1: 9n, 2: bound, 3: 6n, 4: 1n },
      },
    }]);
    const [kept] = (await (await new Lake(lake.context).loadTable(ORDERS)).scan()).files;
    expect(JSON.parse(JSON.stringify(kept?.file.metrics, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)))).toEqual({
      columnSizes: { 1: 1, 2: 2 }, valueCounts: { 1: 10 }, nullValueCounts: { 1: 0 }, lowerBounds: { 2: 'a state with a v', 3: 5 }, upperBounds: { 2: 'a state with a w', 3: 6 },
    });
  });
});

describe('overwrite', () => {
  it('of partitions leaves the others, of everything leaves nothing', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake, { partitionBy: ['state'] });
    const [sp, rj] = [dataFile(table, { partition: ['SP'] }), dataFile(table, { partition: ['RJ'] })];
    await table.append([sp, rj]);
    const newer = dataFile(table, { partition: ['SP'], rows: 3 });
    const { snapshot } = await table.overwrite([newer], { partitions: [['SP']] });
    expect(pathsOf((await table.scan()).files)).toEqual([rj.path, newer.path].sort());
    expect(snapshot?.summary).toMatchObject({ operation: 'overwrite', 'added-data-files': '1', 'deleted-data-files': '1', 'deleted-records': '10', 'total-records': '13', 'changed-partition-count': '1' });
    const last = dataFile(table, { partition: ['BA'] });
    await table.overwrite([last], { all: true });
    expect(pathsOf((await table.scan()).files)).toEqual([last.path]);
    expect((await table.overwrite([], { all: true })).snapshot?.summary.operation).toBe('delete');
    expect((await table.overwrite([dataFile(table, { partition: ['BA'] })], { all: true })).snapshot?.summary.operation).toBe('append');
  });

  it('by filter takes files that match wholly, and refuses those that hold other rows too', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake);
    const [low, high] = [dataFile(table, { ids: [1, 10] }), dataFile(table, { ids: [11, 20] })];
    await table.append([low, high]);
    await expect(table.overwrite([], { where: { op: 'le', column: 'id', value: 15n } })).rejects.toMatchObject({ code: 'bad_input', where: high.path });
    await expect(table.deleteWhere({ op: 'gt', column: 'id', value: 5n })).rejects.toMatchObject({ code: 'bad_input', where: low.path });
    await table.deleteWhere({ op: 'gt', column: 'id', value: 10n });
    expect(pathsOf((await table.scan()).files)).toEqual([low.path]);
  });

  it('of partitions is refused while files of an older partitioning may hold their rows', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake);
    await table.append([dataFile(table)]);
    await table.setPartitioning(['state']);
    await expect(table.overwrite([dataFile(table, { partition: ['SP'] })], { partitions: [['SP']] })).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('is refused when the table was rolled back meanwhile', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake);
    const first = await table.append([dataFile(table)]);
    await table.append([dataFile(table)]);
    const scan = await table.scan();
    await (await lake.loadTable(ORDERS)).rollback(first.snapshot?.['snapshot-id'] as bigint);
    await expect(table.overwrite([], { all: true }, { basedOn: scan })).rejects.toThrow(/not in the table's history any more/);
  });
});

describe('rewrite and replace', () => {
  it('a file that is not in the table cannot be replaced', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake);
    await table.append([dataFile(table)]);
    const stranger = dataFile(table);
    await expect(table.rewriteFiles({ remove: [stranger], add: [] })).rejects.toMatchObject({ code: 'conflict', where: stranger.path });
    await expect(table.replaceFiles({ remove: [stranger], add: [dataFile(table)] })).rejects.toMatchObject({ code: 'conflict' });
  });

  it('compaction keeps the age of what it rewrote, and cannot make rows out of nothing', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake);
    const files = [dataFile(table), dataFile(table)];
    await table.append(files);
    const scan = await table.scan();
    await table.append([dataFile(table)]);
    await expect(table.replaceFiles({ remove: files, add: [dataFile(table, { rows: 21 })] }, { basedOn: scan })).rejects.toThrow(/hold 21 rows, the ones they replace only 20/);
    const merged = dataFile(table, { rows: 20 });
    const { snapshot } = await table.replaceFiles({ remove: files, add: [merged] }, { basedOn: scan });
    expect(snapshot?.summary.operation).toBe('replace');
    const entry = (await (await new Lake(lake.context).loadTable(ORDERS)).scan()).files.find(({ file }) => file.path === merged.path);
    expect(entry?.sequenceNumber).toBe(1n);
    const line = (await lake.context.store.readManifests(table.currentSnapshot as NonNullable<typeof table.currentSnapshot>)).find((each) => each.addedFilesCount === 1 && each.sequenceNumber === 3n);
    expect(line?.minSequenceNumber).toBe(1n);
  });
});

describe('a change that took so long that its snapshot has expired', () => {
  it('is still made if it is a compaction of files that are as they were, and refused otherwise', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake);
    const files = [dataFile(table), dataFile(table), dataFile(table)];
    await table.append(files);
    const scan = await table.scan();
    const stream = await lake.loadTable(ORDERS);
    for (let index = 0; index < 5; index++) await stream.append([dataFile(stream)]);
    await stream.expireSnapshots({ olderThanMilliseconds: -1, keepAtLeast: 1 });
    const stale = await lake.loadTable(ORDERS);
    await expect(stale.rewriteFiles({ remove: files.slice(2), add: [] }, { basedOn: scan })).rejects.toMatchObject({ code: 'conflict' });
    await stale.replaceFiles({ remove: files.slice(0, 2), add: [dataFile(table, { rows: 20 })] }, { basedOn: scan });
    expect((await stale.scan()).files).toHaveLength(7);
    await stale.rowDelta({ deletes: [{ ...dataFile(table), content: 1 }], deletesFrom: files.slice(2) });
    await stale.expireSnapshots({ olderThanMilliseconds: -1, keepAtLeast: 1 });
    await expect(stale.replaceFiles({ remove: files.slice(2), add: [dataFile(table)] }, { basedOn: scan })).rejects.toThrow(/deleted rows of a file/);
  });
});

describe('the same commit twice', () => {
  it('is found by its id, and not made again', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake);
    const file = dataFile(table);
    const first = await table.append([file], { wapId: 'run-7/orders' });
    expect(first.committed).toBe(true);
    await table.append([dataFile(table)]);
    const again = await (await lake.loadTable(ORDERS)).append([file], { wapId: 'run-7/orders' });
    expect(again).toEqual({ committed: false, snapshot: first.snapshot });
    expect((await table.scan()).files).toHaveLength(2);
    expect(table.findCommit('run-7/orders')).toEqual(first.snapshot);
    expect(table.findCommit('run-8/orders')).toBeUndefined();
  });

  it('is made again after a rollback has taken it back', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake);
    const before = await table.append([dataFile(table)]);
    const file = dataFile(table);
    await table.append([file], { wapId: 'run-7' });
    await table.rollback(before.snapshot?.['snapshot-id'] as bigint);
    expect((await table.append([file], { wapId: 'run-7' })).committed).toBe(true);
    expect((await table.scan()).files).toHaveLength(2);
  });
});

describe('the hook before each try', () => {
  it('sees what others have added since, at every rebase, and may change the commit', async () => {
    const { lake, files } = memoryLake();
    const table = await ordersTable(lake);
    await table.append([dataFile(table)]);
    const rival = dataFile(table);
    const late = dataFile(table);
    let looks = 0;
    const seen: string[][] = [];
    const own = [dataFile(table), dataFile(table)];
    await (await lake.loadTable(ORDERS)).append([rival]);
    const result = await table.append(own, {
      beforeCommit: async (rebase) => {
        looks += 1;
        seen.push((await rebase.addedFiles()).map((file) => file.path));
        if (looks === 1) await (await new Lake({ files, catalog: new FolderCatalog(files, '/lake') }).loadTable(ORDERS)).append([late]);
        return looks === 1 ? undefined : { add: own.slice(1), summary: { dropped: '1' }, properties: { set: { looks: String(looks) } } };
      },
    });
    expect(seen).toEqual([[rival.path], [late.path]]);
    expect(result.snapshot?.summary['dropped']).toBe('1');
    expect(table.properties['looks']).toBe('2');
    expect(pathsOf((await table.scan()).files)).toContain(own[1]?.path);
    expect(pathsOf((await table.scan()).files)).not.toContain(own[0]?.path);
  });

  it('may end the commit as already done, or give it up', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake);
    await table.append([dataFile(table)]);
    expect(await table.append([dataFile(table)], { beforeCommit: () => 'skip' })).toEqual({ committed: false, snapshot: table.currentSnapshot });
    await expect(table.append([dataFile(table)], { beforeCommit: () => Promise.reject(new Error('enough')) })).rejects.toThrow('enough');
    expect((await table.scan()).files).toHaveLength(1);
  });
});

/** A folder catalog that answers as it is told before it does what it should. */
class TroubledCatalog extends FolderCatalog {
  readonly script: ('conflict' | 'lost, not done' | 'lost, done' | 'fine')[] = [];

  override async commit(...args: Parameters<Catalog['commit']>): Promise<CommitOutcome> {
    const next = this.script.shift() ?? 'fine';
    if (next === 'conflict') {
      await args[4]?.after;
      return { outcome: 'conflict' };
    }
    if (next === 'lost, not done') {
      await args[4]?.after;
      return { outcome: 'unknown', cause: new Error('timed out') };
    }
    const outcome = await super.commit(...args);
    return next === 'lost, done' ? { outcome: 'unknown', cause: new Error('timed out') } : outcome;
  }
}

describe('lost races and lost answers', () => {
  const setUp = async (properties: Record<string, string> = {}) => {
    const files = new MemoryFiles();
    const catalog = new TroubledCatalog(files, '/lake');
    const lake = new Lake({ files, catalog, clock: new TestClock() });
    const table = await ordersTable(lake, { properties });
    const metadataFiles = () => Array.from(files.content.keys()).filter((path) => path.endsWith('.avro')).sort();
    return { files, catalog, lake, table, metadataFiles };
  };
  const filesOf = async (lake: Lake) => pathsOf((await (await lake.loadTable(ORDERS)).scan()).files);

  it('lost races are run again; only what is in the table stays on disk', async () => {
    const { catalog, lake, table, metadataFiles } = await setUp();
    catalog.script.push('conflict', 'conflict', 'conflict');
    const file = dataFile(table);
    await table.append([file]);
    expect(await filesOf(lake)).toEqual([file.path]);
    expect(metadataFiles()).toHaveLength(2); // one manifest, one list
  });

  it('an answer lost after the commit came through is found by reading', async () => {
    const { catalog, lake, table, metadataFiles } = await setUp();
    catalog.script.push('lost, done');
    const file = dataFile(table);
    expect((await table.append([file])).committed).toBe(true);
    expect(await filesOf(lake)).toEqual([file.path]);
    expect(table.metadata.snapshots).toHaveLength(1);
    expect(metadataFiles()).toHaveLength(2);
  });

  it('an answer lost before it came through is tried again, once', async () => {
    const { catalog, lake, table } = await setUp();
    catalog.script.push('lost, not done', 'lost, not done');
    const file = dataFile(table);
    await table.append([file]);
    expect(await filesOf(lake)).toEqual([file.path]);
    expect(table.metadata.snapshots).toHaveLength(1);
  });

  it('who loses too often is told so, and leaves no files', async () => {
    const { catalog, lake, table, metadataFiles } = await setUp({ 'commit.retry.num-retries': '2' });
    catalog.script.push('conflict', 'conflict', 'conflict');
    await expect(table.append([dataFile(table)])).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('at every try') });
    expect(await filesOf(lake)).toEqual([]);
    expect(metadataFiles()).toEqual([]);
  });

  it('while it is open whether a commit came through nothing of it is deleted', async () => {
    const { catalog, table, metadataFiles } = await setUp({ 'commit.retry.num-retries': '0' });
    catalog.script.push('lost, not done');
    await expect(table.append([dataFile(table)])).rejects.toMatchObject({ code: 'io', message: expect.stringContaining('did not say') });
    expect(metadataFiles()).toHaveLength(2);
  });

  it('a table that is gone says so', async () => {
    const { lake, table } = await setUp();
    await lake.dropTable(ORDERS);
    await expect(table.append([dataFile(table)])).rejects.toMatchObject({ code: 'not_found' });
    await expect(lake.loadTable(ORDERS)).rejects.toMatchObject({ code: 'not_found' });
    expect(await lake.findTable(ORDERS)).toBeUndefined();
  });

  it('an aborted commit stops between tries', async () => {
    const { catalog, table } = await setUp();
    const controller = new AbortController();
    catalog.script.push(...Array.from({ length: 5 }, () => 'conflict' as const));
    const commit = table.append([dataFile(table)], { signal: controller.signal, beforeCommit: () => controller.abort(new Error('Ctrl-C')) });
    await expect(commit).rejects.toThrow('Ctrl-C');
  });
});

describe('many small commits', () => {
  it('merge their manifests as they pile up, and every file is still there', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake, { partitionBy: ['state'], properties: { 'commit.manifest.min-count-to-merge': '10' } });
    const files: DataFile[] = [];
    let most = 0;
    for (let index = 0; index < 60; index++) {
      const file = dataFile(table, { partition: [`s${index % 3}`] });
      files.push(file);
      await table.append([file]);
      most = Math.max(most, (await table.scan()).counts.manifests);
    }
    expect(most).toBeLessThanOrEqual(20); // ten small ones, ten that were merged
    const fresh = await new Lake({ files: lake.context.files, catalog: lake.context.catalog }).loadTable(ORDERS);
    const scan = await fresh.scan();
    expect(pathsOf(scan.files)).toEqual(files.map((file) => file.path).sort());
    expect(scan.files.map((each) => each.sequenceNumber).toSorted((a, b) => Number(a - b))).toEqual(files.map((_, index) => BigInt(index + 1)));
    expect(new Set(scan.files.map((each) => each.snapshotId)).size).toBe(60);
  });

  it('can be told not to', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake, { properties: { 'commit.manifest.min-count-to-merge': '3', 'commit.manifest-merge.enabled': 'false' } });
    for (let index = 0; index < 8; index++) await table.append([dataFile(table)]);
    expect((await table.scan()).counts.manifests).toBe(8);
    await table.rewriteManifests();
    const scan = await table.scan();
    expect(scan.counts).toMatchObject({ manifests: 1, files: 8 });
    expect(table.currentSnapshot?.summary).toMatchObject({ operation: 'replace', 'manifests-created': '1', 'manifests-replaced': '8', 'total-data-files': '8' });
    expect((await table.rewriteManifests()).committed).toBe(false);
    expect(snapshotById(table.metadata, scan.files[0]?.snapshotId ?? 0n)?.summary.operation).toBe('append');
  });
});
