// Upkeep: what expires, what is swept, what is kept; verification and compaction plans.
import { describe, expect, it } from 'vitest';
import { emptyCopy, Lake, stagedFiles, type DataFile, type Table } from '../../../lib/lake/index.ts';
import { dataFile, memoryLake, ORDERS, ordersTable, pathsOf } from '../support/fixtures.ts';
import type { MemoryFiles } from '../support/memory-files.ts';

const DAY = 86_400_000;

async function stored(files: MemoryFiles, file: DataFile): Promise<DataFile> {
  await files.write(file.path, Buffer.alloc(Number(file.fileSizeInBytes)));
  return file;
}

describe('expiry', () => {
  const setUp = async () => {
    const { lake, files, clock } = memoryLake();
    const table = await ordersTable(lake);
    const data: DataFile[] = [];
    for (let day = 0; day < 6; day++) {
      data.push(await stored(files, dataFile(table)));
      await table.overwrite([data[day] as DataFile], { all: true });
      clock.advance(DAY);
    }
    return { lake, files, clock, table, data };
  };
  const onDisk = (files: MemoryFiles, suffix: string) => Array.from(files.content.keys()).filter((path) => path.endsWith(suffix)).sort();

  it('forgets what is old, deletes what only it needed, and keeps the rest readable', async () => {
    const { lake, files, table, data } = await setUp();
    const result = await table.expireSnapshots({ olderThanMilliseconds: 3 * DAY });
    expect(result.expired).toHaveLength(3);
    expect(result.failed).toEqual([]);
    expect(onDisk(files, '.parquet')).toEqual(data.slice(3).map((file) => file.path).sort());
    const fresh = await new Lake(lake.context).loadTable(ORDERS);
    for (const snapshot of fresh.metadata.snapshots) expect((await fresh.scan({ snapshotId: snapshot['snapshot-id'] })).files).toHaveLength(1);
    expect(await fresh.verify({ allSnapshots: true })).toMatchObject({ snapshots: 3, files: 3, problems: [] });
    // Manifests: one that adds and one that removes for each snapshot that stays, and the list.
    const referenced = new Set<string>();
    for (const snapshot of fresh.metadata.snapshots) {
      referenced.add(snapshot['manifest-list']);
      for (const manifest of await lake.context.store.readManifests(snapshot)) referenced.add(manifest.path);
    }
    expect(onDisk(files, '.avro')).toEqual(Array.from(referenced).sort());
    await expect(fresh.scan({ asOf: 0 })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('keeps tagged snapshots, the current one and so many of the newest', async () => {
    const { table, files, data } = await setUp();
    await table.tag('model', { snapshotId: table.history[4]?.['snapshot-id'] as bigint });
    await table.expireSnapshots({ olderThanMilliseconds: 0, keepAtLeast: 2 });
    expect(table.metadata.snapshots).toHaveLength(3);
    expect(onDisk(files, '.parquet')).toEqual([1, 4, 5].map((index) => data[index]?.path).sort());
    expect((await table.scan({ ref: 'model' })).files.map((each) => each.file.path)).toEqual([data[1]?.path]);
    await table.removeTag('model');
    await table.expireSnapshots({ olderThanMilliseconds: 0 });
    expect(table.metadata.snapshots.map((each) => each['snapshot-id'])).toEqual([table.currentSnapshot?.['snapshot-id']]);
  });

  it('a tag with an age goes when it is older', async () => {
    const { table, clock } = await setUp();
    await table.tag('short', { snapshotId: table.history[5]?.['snapshot-id'] as bigint, maxAgeMilliseconds: 7 * DAY });
    await table.expireSnapshots({ olderThanMilliseconds: 10 * DAY });
    expect(Object.keys(table.metadata.refs)).toContain('short');
    clock.advance(2 * DAY);
    await table.expireSnapshots({ olderThanMilliseconds: 10 * DAY });
    expect(Object.keys(table.metadata.refs)).toEqual(['main']);
  });

  it('follows the table\'s own settings, and nothing to expire is no commit', async () => {
    const { table } = await setUp();
    const before = table.pointer.metadataLocation;
    expect((await table.expireSnapshots({ olderThanMilliseconds: 100 * DAY })).expired).toEqual([]);
    expect(table.pointer.metadataLocation).toBe(before);
    await table.setProperties({ set: { 'history.expire.max-snapshot-age-ms': String(2 * DAY), 'history.expire.min-snapshots-to-keep': '4' } });
    await table.expireSnapshots();
    expect(table.metadata.snapshots).toHaveLength(4);
    await table.setProperties({ set: { 'gc.enabled': 'false' } });
    await expect(table.expireSnapshots({ olderThanMilliseconds: 0 })).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('what a rollback left behind stays until it is old', async () => {
    const { table, clock, files } = await setUp();
    const abandoned = table.currentSnapshot?.['snapshot-id'] as bigint;
    await table.rollback(table.history[1]?.['snapshot-id'] as bigint);
    await table.expireSnapshots({ olderThanMilliseconds: 3 * DAY });
    expect(table.metadata.snapshots.map((each) => each['snapshot-id'])).toContain(abandoned);
    clock.advance(5 * DAY);
    await table.expireSnapshots({ olderThanMilliseconds: 3 * DAY });
    expect(table.metadata.snapshots.map((each) => each['snapshot-id'])).not.toContain(abandoned);
    expect((await table.verify()).problems).toEqual([]);
    expect(onDisk(files, '.parquet')).toHaveLength(1);
  });
});

describe('the orphan sweep', () => {
  it('takes what no table refers to, once it is old enough', async () => {
    const { lake, files, clock } = memoryLake();
    const table = await ordersTable(lake);
    const file = await stored(files, dataFile(table));
    await table.append([file]);
    await files.write(`${table.dataLocation}/lost.parquet`, Buffer.alloc(7));
    await files.write(`${table.location}/metadata/.tmp-1-abc`, Buffer.alloc(1));
    const other = await lake.createTable({ namespace: 'shop', name: 'other' }, { columns: [{ name: 'id', type: 'long' }] });
    const borrowed = await stored(files, { ...dataFile(other), path: `${table.dataLocation}/borrowed.parquet` });
    await other.append([borrowed]);
    for (const entry of files.content.values()) entry.modifiedAt = clock.now();

    expect((await lake.removeOrphans()).orphans).toEqual([]);
    await expect(lake.removeOrphans({ olderThanMilliseconds: 1000 })).rejects.toMatchObject({ code: 'usage' });
    clock.advance(4 * DAY);
    const dry = await lake.removeOrphans({ dryRun: true });
    const orphans = [`${table.dataLocation}/lost.parquet`, `${table.location}/metadata/.tmp-1-abc`].sort();
    expect(dry.orphans.map((orphan) => orphan.path).sort()).toEqual(orphans);
    const before = files.content.size;
    expect((await lake.removeOrphans({ sweep: [ORDERS] })).deletedBytes).toBe(8);
    expect(files.content.size).toBe(before - 2);
    for (const each of [table, other]) expect((await each.verify({ allSnapshots: true })).problems).toEqual([]);
  });

  it('sweeps other folders too, such as those of staging tables that are dropped by now', async () => {
    const { lake, files, clock } = memoryLake();
    const table = await ordersTable(lake);
    const [published, failed] = [{ ...dataFile(table), path: '/lake/staging/s1/data/a.parquet' }, '/lake/staging/s2/data/b.parquet'];
    await stored(files, published);
    await files.write(failed, Buffer.alloc(3));
    await table.append([published]);
    for (const entry of files.content.values()) entry.modifiedAt = clock.now();
    clock.advance(4 * DAY);
    expect((await lake.removeOrphans({ folders: ['/lake/staging', '/lake/staging/s2'] })).orphans.map((orphan) => orphan.path)).toEqual([failed]);
    expect((await table.verify()).problems).toEqual([]);
  });

  it('leaves old snapshots, metadata of the log and the hint alone', async () => {
    const { lake, files, clock } = memoryLake();
    const table = await ordersTable(lake, { properties: { 'write.metadata.delete-after-commit.enabled': 'false', 'write.metadata.previous-versions-max': '2' } });
    for (let index = 0; index < 5; index++) await table.append([await stored(files, dataFile(table))]);
    for (const entry of files.content.values()) entry.modifiedAt = clock.now();
    clock.advance(4 * DAY);
    const { orphans } = await lake.removeOrphans();
    expect(orphans.map((orphan) => orphan.path.split('/').at(-1)).sort()).toEqual(['v1.metadata.json', 'v2.metadata.json', 'v3.metadata.json']);
    expect((await (await new Lake(lake.context).loadTable(ORDERS)).verify({ allSnapshots: true })).problems).toEqual([]);
    expect(Array.from(files.content.keys())).toContain(`${table.location}/metadata/version-hint.text`);
  });
});

describe('verification', () => {
  it('names files that are missing, cut short or unreadable', async () => {
    const { lake, files } = memoryLake();
    const table = await ordersTable(lake);
    const [whole, missing, short] = [await stored(files, dataFile(table)), dataFile(table), await stored(files, dataFile(table))] as [DataFile, DataFile, DataFile];
    await table.append([whole, missing, short]);
    await files.write(short.path, Buffer.alloc(5));
    const result = await table.verify();
    expect(result).toMatchObject({ snapshots: 1, manifests: 1, files: 3, bytes: 3000n });
    expect(result.problems.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      { path: missing.path, problem: 'the file is missing' }, { path: short.path, problem: 'the file has 5 bytes, its manifest says 1000' },
    ].toSorted((a, b) => (a.path < b.path ? -1 : 1)));
    const [manifest] = await lake.context.store.readManifests(table.currentSnapshot as NonNullable<Table['currentSnapshot']>);
    await files.write(manifest?.path ?? '', Buffer.from('junk'));
    const cold = await new Lake({ files, catalog: lake.context.catalog }).loadTable(ORDERS);
    expect((await cold.verify()).problems).toEqual([{ path: manifest?.path, problem: expect.stringContaining('not a readable Avro file') }]);
  });
});

describe('compaction plans', () => {
  it('group small files by partition, up to the target size, and leave good ones alone', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake, { partitionBy: ['state'] });
    const small = (state: string, count: number) => Array.from({ length: count }, () => dataFile(table, { partition: [state], size: 100 }));
    await table.append([...small('SP', 12), ...small('RJ', 5), ...small('BA', 2), dataFile(table, { partition: ['SP'], size: 900 })]);
    const groups = table.planCompaction(await table.scan(), { targetFileSizeBytes: 1000, minInputFiles: 3 });
    expect(groups.map((group) => [group.partition[0], group.files.length, Number(group.bytes)])).toEqual([['SP', 10, 1000], ['RJ', 5, 500]]);
    expect(table.planCompaction(await table.scan(), { targetFileSizeBytes: 1000, rewriteAll: true }).reduce((sum, group) => sum + group.files.length, 0)).toBe(20);
    expect(table.planCompaction(await table.scan(), { targetFileSizeBytes: 100 })).toEqual([]);
  });

  it('files of an older partitioning are worth rewriting, however few', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake);
    await table.append([dataFile(table, { size: 5000 })]);
    await table.setPartitioning(['state']);
    expect(table.planCompaction(await table.scan(), { targetFileSizeBytes: 1000 })).toHaveLength(1);
  });
});

describe('publishing what was staged', () => {
  const setUp = async () => {
    const { lake, clock } = memoryLake();
    const target = await ordersTable(lake, { partitionBy: ['state'] });
    await target.setPartitioning(['month(ordered_at)']);
    await target.append([dataFile(target, { partition: [600] })]);
    const stage = () => lake.createFrom({ namespace: 'staging', name: 'orders_1' }, emptyCopy(target.metadata, '/lake/staging/orders_1', 'another-uuid', clock.now()));
    return { lake, target, stage };
  };

  it('an empty copy has the same ids and none of the rows', async () => {
    const { target, stage } = await setUp();
    const staging = await stage();
    expect(staging.metadata).toMatchObject({ schemas: target.metadata.schemas, 'partition-specs': target.metadata['partition-specs'], 'last-sequence-number': 0n, snapshots: [], 'table-uuid': 'another-uuid' });
    expect(await stagedFiles(staging, target)).toEqual([]);
  });

  it('its files go into the target in one snapshot, once', async () => {
    const { lake, target, stage } = await setUp();
    const staging = await stage();
    for (let index = 0; index < 3; index++) await staging.append([dataFile(staging, { partition: [600 + index] })]);
    const files = await stagedFiles(staging, target);
    expect(files).toHaveLength(3);
    expect(files.every((file) => file.specId === 1 && file.sortOrderId === 0)).toBe(true);
    expect((await target.append(files, { wapId: 'publish-1' })).committed).toBe(true);
    expect((await target.append(files, { wapId: 'publish-1' })).committed).toBe(false);
    await lake.dropTable(staging.name);
    expect(pathsOf((await target.scan()).files)).toHaveLength(4);
  });

  it('is refused with delete files, other columns, or another partitioning', async () => {
    const { target, stage, lake } = await setUp();
    const staging = await stage();
    const file = dataFile(staging, { partition: [600] });
    await staging.append([file]);
    const stranger = await lake.createTable({ namespace: 'staging', name: 'other' }, { columns: [{ name: 'state', type: 'string' }, { name: 'id', type: 'long' }] });
    await expect(stagedFiles(stranger, target)).rejects.toThrow(/staged column state \(field 1/);
    await target.setPartitioning(['state']);
    await expect(stagedFiles(staging, target)).rejects.toThrow(/another partitioning/);
    await target.setPartitioning(['month(ordered_at)']);
    await staging.rowDelta({ deletes: [{ ...dataFile(staging, { partition: [600] }), content: 1 }], deletesFrom: [file] });
    await expect(stagedFiles(staging, target)).rejects.toThrow(/has delete files/);
  });
});
