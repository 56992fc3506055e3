// Changes of the table itself: schema, partitioning, sort order, tags, rollback.
import { describe, expect, it } from 'vitest';
import { dataFile, memoryLake, ORDERS, ordersTable, pathsOf } from '../support/fixtures.ts';

describe('schema', () => {
  it('evolves with ids that are never used again, and an older shape comes back under its old id', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake);
    await table.evolveSchema([{ op: 'add', column: { name: 'note', type: 'string' } }]);
    expect(table.metadata).toMatchObject({ 'current-schema-id': 1, 'last-column-id': 5 });
    await table.evolveSchema([{ op: 'drop', column: 'note' }]);
    expect(table.metadata['current-schema-id']).toBe(0);
    await table.evolveSchema([{ op: 'add', column: { name: 'note', type: 'long' } }]);
    expect(table.schema.fields.at(-1)).toMatchObject({ id: 6, name: 'note', type: 'long' });
    expect((await lake.loadTable(ORDERS)).schema).toEqual(table.schema);
  });

  it('a column that the table is partitioned or sorted by cannot be dropped', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake, { partitionBy: ['month(ordered_at)'] });
    await table.setSortOrder(['price desc']);
    await expect(table.evolveSchema([{ op: 'drop', column: 'ordered_at' }])).rejects.toThrow(/ordered_at is what the table is partitioned by/);
    await expect(table.evolveSchema([{ op: 'drop', column: 'price' }])).rejects.toThrow(/price is what the table is sorted by/);
  });

  it('nothing to change is no commit', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake);
    const before = table.pointer.metadataLocation;
    await table.evolveSchema([]);
    await table.setProperties({ set: {}, remove: ['nope'] });
    await table.setPartitioning([]);
    await table.upgradeFormat();
    await table.removeTag('nope');
    expect(table.pointer.metadataLocation).toBe(before);
  });
});

describe('partitioning', () => {
  it('changes for new files; old files are still found, and pruned by their own', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake, { partitionBy: ['state'] });
    const old = [dataFile(table, { partition: ['SP'] }), dataFile(table, { partition: ['RJ'] })];
    await table.append(old);
    await table.setPartitioning(['bucket(4, state)', 'month(ordered_at)']);
    expect(table.spec).toEqual({ 'spec-id': 1, fields: [
      { 'source-id': 2, 'field-id': 1001, name: 'state_bucket', transform: 'bucket[4]' }, { 'source-id': 3, 'field-id': 1002, name: 'ordered_at_month', transform: 'month' },
    ] });
    const bucketOfSp = 3;
    const young = dataFile(table, { partition: [bucketOfSp, 600] });
    await table.append([young]);
    const scan = await table.scan({ filter: { op: 'eq', column: 'state', value: 'RJ' } });
    expect(pathsOf(scan.files)).toContain(old[1]?.path);
    expect(pathsOf(scan.files)).not.toContain(old[0]?.path);
    await table.setPartitioning(['state']);
    expect(table.metadata).toMatchObject({ 'default-spec-id': 0, 'last-partition-id': 1002 });
    await table.setPartitioning(['state', 'month(ordered_at)']);
    expect(table.spec.fields.map((field) => field['field-id'])).toEqual([1000, 1002]);
    await expect(table.evolveSchema([{ op: 'add', column: { name: 'price_trunc', type: 'int' } }]).then(() => table.setPartitioning(['truncate(5, price)']))).rejects.toThrow(/called price_trunc, as a column is/);
  });
});

describe('time travel', () => {
  it('by snapshot, by time, by tag, with the schema of then', async () => {
    const { lake, clock } = memoryLake();
    const table = await ordersTable(lake);
    const times: number[] = [];
    const ids: bigint[] = [];
    for (let index = 0; index < 3; index++) {
      clock.advance(60_000);
      times.push(clock.now());
      ids.push((await table.append([dataFile(table)])).snapshot?.['snapshot-id'] as bigint);
      if (index === 0) await table.tag('launch');
    }
    await table.evolveSchema([{ op: 'rename', column: 'price', to: 'amount' }]);
    const counts = async (options: Parameters<typeof table.scan>[0]) => (await table.scan(options)).files.length;
    expect([await counts({ snapshotId: ids[1] as bigint }), await counts({ asOf: times[0] as number }), await counts({ asOf: (times[2] as number) - 1 }), await counts({ ref: 'launch' }), await counts({})])
      .toEqual([1 + 1, 1, 2, 1, 3]);
    expect((await table.scan({ ref: 'launch' })).schema.fields.map((field) => field.name)).toContain('price');
    expect((await table.scan({ ref: 'main' })).schema.fields.map((field) => field.name)).toContain('amount');
    await expect(table.scan({ asOf: (times[0] as number) - 1 })).rejects.toMatchObject({ code: 'not_found' });
    await expect(table.scan({ snapshotId: 5n })).rejects.toMatchObject({ code: 'not_found' });
    await expect(table.scan({ ref: 'nope' })).rejects.toMatchObject({ code: 'not_found', todo: 'There are launch, main.' });
    await expect(table.scan({ ref: 'launch', snapshotId: 5n })).rejects.toMatchObject({ code: 'bad_input' });
  });
});

describe('rollback', () => {
  it('goes back to an ancestor, and takes back what belongs to the snapshot', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake);
    const first = await table.append([dataFile(table)], { summary: { position: '10' }, properties: { set: { position: '10' } } });
    await table.append([dataFile(table)], { summary: { position: '20' }, properties: { set: { position: '20' } } });
    await table.rollback(first.snapshot?.['snapshot-id'] as bigint, (snapshot) => ({ set: { position: snapshot.summary['position'] ?? '' } }));
    expect(table.properties['position']).toBe('10');
    expect((await table.scan()).files).toHaveLength(1);
    expect(table.history).toHaveLength(1);
    expect(table.metadata.snapshots).toHaveLength(2);
    const third = await table.append([dataFile(table)]);
    expect(third.snapshot).toMatchObject({ 'parent-snapshot-id': first.snapshot?.['snapshot-id'], 'sequence-number': 3n });
    expect(third.snapshot?.summary['total-data-files']).toBe('2');
    await expect(table.rollback(99n)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('tags', () => {
  it('name a snapshot, move, and go; main is not one', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake);
    await expect(table.tag('early')).rejects.toThrow(/no snapshot yet/);
    const { snapshot } = await table.append([dataFile(table)]);
    await table.tag('model', { snapshotId: snapshot?.['snapshot-id'] as bigint, maxAgeMilliseconds: 1000 });
    expect(table.metadata.refs['model']).toEqual({ 'snapshot-id': snapshot?.['snapshot-id'], type: 'tag', 'max-ref-age-ms': 1000 });
    await table.append([dataFile(table)]);
    await table.tag('model');
    expect((await lake.loadTable(ORDERS)).metadata.refs['model']?.['snapshot-id']).toBe(table.currentSnapshot?.['snapshot-id']);
    await table.removeTag('model');
    expect(Object.keys(table.metadata.refs)).toEqual(['main']);
    await expect(table.tag('main')).rejects.toMatchObject({ code: 'bad_input' });
    await expect(table.removeTag('main')).rejects.toMatchObject({ code: 'bad_input' });
    await expect(table.tag('x', { snapshotId: 7n })).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('format version 1', () => {
  it('is read, not written, until it is upgraded', async () => {
    const { lake } = memoryLake();
    const table = await ordersTable(lake);
    await table.change((metadata) => ({ ...metadata, 'format-version': 1 }));
    await expect(table.append([dataFile(table)])).rejects.toMatchObject({ code: 'unsupported' });
    await table.upgradeFormat();
    await table.append([dataFile(table)]);
    expect((await table.scan()).files).toHaveLength(1);
  });
});
