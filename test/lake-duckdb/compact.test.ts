import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareValues, type ColumnDefinition, type DataFile, type Table, type Value } from '../../lib/lake/index.ts';
import { compactTable, deleteRows, quoteText, scanSql, verifyRows, writeRows, type CompactOptions } from '../../lib/lake/duckdb/index.ts';
import { anyType, cellOf, difference, rowsSql, workspace, type Cell } from './support.ts';

let space: Awaited<ReturnType<typeof workspace>>;
let tables = 0;
beforeAll(async () => {
  space = await workspace();
});
afterAll(() => space.dispose());

async function table(columns: ColumnDefinition[], partitionBy: string[] = [], sortBy: string[] = []): Promise<Table> {
  tables += 1;
  return await space.lake.createTable({ namespace: 'test', name: `t${tables}` }, { columns, partitionBy, sortBy });
}

async function append(to: Table, select: string): Promise<void> {
  await to.append(await writeRows(space.session, { schema: to.schema, spec: to.spec, folder: to.dataLocation, select }));
}

async function rowsOf(of: Table): Promise<string> {
  const { schema, files } = await of.scan();
  return scanSql({ schema, files });
}

async function filesOf(of: Table): Promise<DataFile[]> {
  await of.refresh();
  return (await of.scan()).files.map(({ file }) => file);
}

/** Deletes some rows as a merge-on-read engine does. */
async function deletePositions(of: Table, where: string): Promise<number> {
  const { schema, files } = await of.scan();
  const folder = join(space.folder, `deletes-${tables}`);
  const positions = `SELECT "$path" AS file_path, "$pos" AS pos FROM (${scanSql({ schema, files }, { withPosition: true })}) WHERE ${where} ORDER BY ALL`;
  const path = `${folder}.parquet`;
  await space.session.run(`COPY (${positions}) TO ${quoteText(path)} (FORMAT parquet, FIELD_IDS {file_path: 2147483546, pos: 2147483545})`);
  const rows = await space.session.rows<{ file_path: string; n: bigint }>(`SELECT file_path, count(*) AS n FROM read_parquet(${quoteText(path)}) GROUP BY ALL`);
  const recordCount = rows.reduce((sum, each) => sum + each.n, 0n);
  if (recordCount === 0n) return 0;
  const none = { columnSizes: {}, valueCounts: {}, nullValueCounts: {}, lowerBounds: {}, upperBounds: {} };
  const file: DataFile = { content: 1, path, format: 'PARQUET', specId: of.spec['spec-id'], partition: of.spec.fields.map(() => null), recordCount, fileSizeInBytes: 1000n, metrics: none };
  const deletesFrom = files.map((each) => each.file).filter((each) => rows.some((row) => row.file_path === each.path));
  await of.rowDelta({ deletes: [file], deletesFrom });
  return Number(recordCount);
}

const ORDERS: ColumnDefinition[] = [{ name: 'id', type: 'long' }, { name: 'shop', type: 'string' }, { name: 'at', type: 'timestamp' }];
const orders = (from: number, to: number): string => `SELECT i AS id, 'shop ' || (i % 3) AS shop, TIMESTAMP '2026-01-01' + INTERVAL (i % 50) DAY AS at FROM range(${from}, ${to}) r(i)`;

describe('compaction', () => {
  const cases = fc.array(anyType(1), { minLength: 1, maxLength: 3 }).chain((types) => {
    const columns: ColumnDefinition[] = [{ name: 'k', type: 'int' }, { name: 'z', type: 'string' }, ...types.map((type, at) => ({ name: `c${at}`, type }))];
    const row = fc.tuple(fc.option(fc.integer({ min: -50, max: 50 })), fc.option(fc.string({ maxLength: 3 })), ...types.map((type) => cellOf(type, false)));
    return fc.record({
      columns: fc.constant(columns),
      batches: fc.array(fc.array(row as fc.Arbitrary<Cell[]>, { minLength: 1, maxLength: 10 }), { minLength: 1, maxLength: 5 }),
      partitionBy: fc.constantFrom<string[]>([], ['bucket(3, z)'], ['truncate(20, k)']),
      withDeletes: fc.boolean(),
      strategy: fc.constantFrom<CompactOptions>({ minInputFiles: 2 }, { strategy: 'sort', columns: ['z desc', 'bucket(4, k)'] }, { strategy: 'z-order', columns: ['k', 'z'] }),
    });
  });

  test('by any strategy leaves the rows as they were, each as often as it was there', async () => {
    await fc.assert(fc.asyncProperty(cases, async ({ columns, batches, partitionBy, withDeletes, strategy }) => {
      const t = await table(columns, partitionBy);
      for (const batch of batches) await append(t, rowsSql(t.schema.fields, batch));
      if (withDeletes && partitionBy.length === 0) await deletePositions(t, 'k % 2 = 0');
      const before = await rowsOf(t);
      const { checksum } = await verifyRows(space.session, t);
      await compactTable(space.session, t, strategy);
      expect(await difference(space.session, before, await rowsOf(t))).toBe(0);
      expect((await verifyRows(space.session, t))).toMatchObject({ checksum, problems: [] });
    }), { numRuns: 20 });
  });

  test('puts small files together, in one commit that changes no row', async () => {
    const t = await table(ORDERS, ['shop']);
    for (let at = 0; at < 6; at++) await append(t, orders(at * 10, at * 10 + 10));
    const result = await compactTable(space.session, t, { summary: { 'millrace.maintenance': 'test' } });
    expect(result).toMatchObject({ filesBefore: 18, filesAfter: 3, rows: 60n, rowsDeleted: 0n, commits: 1, skipped: 0 });
    expect(result.bytesAfter).toBeLessThan(result.bytesBefore);
    expect(t.currentSnapshot?.summary).toMatchObject({ operation: 'replace', 'millrace.maintenance': 'test' });
    expect(await compactTable(space.session, t)).toMatchObject({ commits: 0, filesBefore: 0 });
  });

  test('applies deletes for good', async () => {
    const t = await table(ORDERS);
    await append(t, orders(0, 100));
    const deleted = await deletePositions(t, 'id % 4 = 1');
    expect(deleted).toBe(25);
    expect(await compactTable(space.session, t)).toMatchObject({ rows: 75n, rowsDeleted: 25n, filesBefore: 1, filesAfter: 1 });
    const { files } = await t.scan();
    expect(files.every((each) => each.positionDeletes.length === 0)).toBe(true);
    expect(t.currentSnapshot?.summary['total-position-deletes'] ?? '0').toBe('0');
  });

  test('brings files of an older partitioning to the new one', async () => {
    const t = await table(ORDERS);
    await append(t, orders(0, 50));
    await t.setPartitioning(['month(at)']);
    await compactTable(space.session, t);
    expect((await filesOf(t)).map((file) => [file.specId, ...file.partition]).sort()).toEqual([[t.spec['spec-id'], 672], [t.spec['spec-id'], 673]]);
  });

  test('takes only the files that the filter asks for', async () => {
    const t = await table(ORDERS, ['shop']);
    for (let at = 0; at < 5; at++) await append(t, orders(at * 10, at * 10 + 10));
    await compactTable(space.session, t, { where: { op: 'eq', column: 'shop', value: 'shop 1' } });
    const counts = new Map<Value | null | undefined, number>();
    for (const file of await filesOf(t)) counts.set(file.partition[0], (counts.get(file.partition[0]) ?? 0) + 1);
    expect(Object.fromEntries(counts)).toEqual({ 'shop 0': 5, 'shop 1': 1, 'shop 2': 5 });
  });

  test('keeps what is appended meanwhile, and leaves alone what another writer changes meanwhile', async () => {
    const t = await table(ORDERS, ['shop']);
    for (let at = 0; at < 5; at++) await append(t, orders(at * 10, at * 10 + 10));
    const compacting = await space.lake.loadTable(t.name);
    const scan = compacting.scan.bind(compacting);
    // The table as it was when the compaction began; another writer is faster.
    const planned = await scan();
    compacting.scan = async () => planned;
    await append(t, orders(100, 110));
    await deleteRows(space.session, t, { op: 'and', of: [{ op: 'eq', column: 'shop', value: 'shop 2' }, { op: 'lt', column: 'id', value: 10n }] });
    const before = await rowsOf(t);
    expect(await compactTable(space.session, compacting)).toMatchObject({ skipped: 1, commits: 2, filesBefore: 10, filesAfter: 2 });
    await t.refresh();
    expect(await difference(space.session, before, await rowsOf(t))).toBe(0);
    const onDisk: string[] = [];
    for await (const { path } of space.lake.context.files.list(t.dataLocation)) onDisk.push(path);
    const referenced = new Set<string>();
    for (const snapshot of t.metadata.snapshots) for (const { file } of (await t.scan({ snapshotId: snapshot['snapshot-id'] })).files) referenced.add(file.path);
    expect(onDisk.filter((path) => !referenced.has(path))).toEqual([]);
  });
});

describe('sorting', () => {
  test('by the table\'s own order makes files whose ranges do not overlap', async () => {
    const t = await table(ORDERS, [], ['at desc', 'id']);
    for (let at = 0; at < 3; at++) await append(t, orders(at * 30_000, at * 30_000 + 30_000));
    await compactTable(space.session, t, { strategy: 'sort', targetFileSize: 40_000 });
    const files = await filesOf(t);
    expect(files.length).toBeGreaterThan(2);
    expect(files.every((file) => file.sortOrderId === t.sortOrder['order-id'])).toBe(true);
    const ranges = files.map((file) => [file.metrics.lowerBounds[3], file.metrics.upperBounds[3]] as [Value, Value]).sort((a, b) => compareValues(a[0], b[0]));
    ranges.slice(1).forEach(([lower], at) => expect(compareValues(ranges[at]?.[1] as Value, lower)).toBeLessThanOrEqual(0));
  });

  test('without anything to sort by is refused', async () => {
    const t = await table(ORDERS);
    await append(t, orders(0, 10));
    await expect(compactTable(space.session, t, { strategy: 'sort' })).rejects.toThrow('there is nothing to sort by');
    await expect(compactTable(space.session, t, { strategy: 'z-order', columns: ['id'] })).rejects.toThrow('a Z-order takes 2 to 7 columns');
  });
});

test('Z-order lets a filter on any of its columns skip most files, whatever the skew', async () => {
  const points: ColumnDefinition[] = [{ name: 'x', type: 'double' }, { name: 'day', type: 'date' }, { name: 'text', type: 'string' }];
  const t = await table(points);
  // x is skewed over nine orders of magnitude, text has one common prefix.
  await append(t, `SELECT exp(20 * (hash(i) / 18446744073709551615::DOUBLE)) AS x, DATE '2020-01-01' + (hash(i + 1) % 2000)::INTEGER AS day, 'customer-' || md5(i::VARCHAR) AS text FROM range(200000) r(i)`);
  const { checksum } = await verifyRows(space.session, t);
  const filters = [
    { op: 'lt' as const, column: 'x', value: 50 }, { op: 'and' as const, of: [{ op: 'ge' as const, column: 'day', value: 18300 }, { op: 'lt' as const, column: 'day', value: 18400 }] },
  ];
  const kept = async (): Promise<number[]> => await Promise.all(filters.map(async (filter) => {
    const { counts } = await t.scan({ filter });
    return counts.filesKept / counts.files;
  }));
  await compactTable(space.session, t, { strategy: 'z-order', columns: ['x', 'day'], targetFileSize: 400_000 });
  await t.refresh();
  expect((await t.scan()).files.length).toBeGreaterThan(10);
  for (const share of await kept()) expect(share).toBeLessThan(0.5);
  expect((await verifyRows(space.session, t)).checksum).toBe(checksum);
});
