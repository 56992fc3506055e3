import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FolderCatalog, Lake, type Table } from '../../lib/lake/index.ts';
import { compactTable, deleteRows, mergeRows, publishTo, verifyRows, writeRows } from '../../lib/lake/duckdb/index.ts';
import { MemoryFiles } from '../lake/support/memory-files.ts';
import { workspace } from './support.ts';

let space: Awaited<ReturnType<typeof workspace>>;
let files: MemoryFiles;
let table: Table;
let temporaryFolder: string;

beforeAll(async () => {
  space = await workspace();
  temporaryFolder = join(space.folder, 'fetched');
  files = new MemoryFiles();
  const lake = new Lake({ files, catalog: new FolderCatalog(files, 's3://bucket/lake') });
  table = await lake.createTable({ namespace: 'test', name: 'remote' }, { columns: [{ name: 'id', type: 'long', required: true }, { name: 'shop', type: 'string' }], partitionBy: ['shop'] });
});
afterAll(() => space.dispose());

const select = (from: number, to: number): string => `SELECT i AS id, 'shop ' || (i % 2) AS shop FROM range(${from}, ${to}) r(i)`;

async function append(from: number, to: number): Promise<void> {
  const written = await writeRows(space.session, { schema: table.schema, spec: table.spec, folder: join(space.folder, 'written'), select: select(from, to) });
  await table.append(await publishTo(files, written, table.dataLocation));
}

describe('a table that is not on this machine', () => {
  test('gets its files by way of a local folder, which is empty afterwards', async () => {
    for (let at = 0; at < 5; at++) await append(at * 10, at * 10 + 10);
    expect((await table.scan()).files.map(({ file }) => file.path).every((path) => path.startsWith('s3://bucket/lake/test/remote/data/'))).toBe(true);
    expect(readdirSync(join(space.folder, 'written'))).toEqual([]);
    expect(await verifyRows(space.session, table, { temporaryFolder })).toMatchObject({ files: 10, rows: 50n, problems: [] });
  });

  test('is merged into, deleted from and compacted by fetching what is touched', async () => {
    await mergeRows(space.session, table, ['id'], `SELECT 7 AS id, 'shop 9' AS shop UNION ALL SELECT 1000, 'shop 1'`, { temporaryFolder });
    await deleteRows(space.session, table, { op: 'lt', column: 'id', value: 3n }, { temporaryFolder });
    const { checksum } = await verifyRows(space.session, table, { temporaryFolder });
    expect(await compactTable(space.session, table, { temporaryFolder, minInputFiles: 2 })).toMatchObject({ rows: expect.any(BigInt), skipped: 0 });
    expect(await verifyRows(space.session, table, { temporaryFolder })).toMatchObject({ rows: 48n, checksum, problems: [] });
    expect(readdirSync(temporaryFolder)).toEqual([]);
  });

  test('says what is missing where no local folder was given', async () => {
    await expect(deleteRows(space.session, table, { op: 'true' })).rejects.toThrow('no folder was given to fetch them to');
  });
});
