import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ColumnDefinition, DataFile, PartitionSpec, Predicate, PrimitiveType, ScanFile, Table, Value } from '../../lib/lake/index.ts';
import { duckType, predicateSql, quoteText, scanSql, writeRows } from '../../lib/lake/duckdb/index.ts';
import { newSchema } from '../../lib/lake/format/schema.ts';
import { primitiveType, rowsSql, scanFiles, valueOf, workspace } from './support.ts';

let space: Awaited<ReturnType<typeof workspace>>;
let folder: string;
let folders = 0;
beforeAll(async () => {
  space = await workspace();
});
afterAll(() => space.dispose());
beforeEach(() => {
  folders += 1;
  folder = join(space.folder, `files-${folders}`);
  mkdirSync(folder);
});

const UNPARTITIONED: PartitionSpec = { 'spec-id': 0, fields: [] };

async function table(columns: ColumnDefinition[], partitionBy: string[] = []): Promise<Table> {
  return await space.lake.createTable({ namespace: 'test', name: `t${folders}` }, { columns, partitionBy });
}

async function append(into: Table, select: string): Promise<void> {
  await into.append(await writeRows(space.session, { schema: into.schema, spec: into.spec, folder: into.dataLocation, select }));
}

async function rowsOf(of: Table, options: Parameters<typeof scanSql>[1] = {}): Promise<unknown[]> {
  const { schema, files } = await of.scan();
  return await space.session.rows(`SELECT * FROM (${scanSql({ schema, files, specs: of.metadata['partition-specs'], properties: of.properties }, options)}) ORDER BY 1`);
}

/** A data file as another writer might have left it, without statistics. */
async function foreignFile(sql: string, options: string, partition: DataFile['partition'] = []): Promise<DataFile> {
  folders += 1;
  const path = join(folder, `foreign ${folders}.parquet`);
  await space.session.run(`COPY (${sql}) TO ${quoteText(path)} (FORMAT parquet${options})`);
  const recordCount = await space.session.value(`SELECT count(*) FROM read_parquet(${quoteText(path)})`) as bigint;
  return {
    content: 0, path, format: 'PARQUET', specId: 0, partition, recordCount, fileSizeInBytes: 1n,
    metrics: { columnSizes: {}, valueCounts: {}, nullValueCounts: {}, lowerBounds: {}, upperBounds: {} },
  };
}

describe('a schema that has changed', () => {
  test('columns are read by id: renamed, added, dropped, widened, moved', async () => {
    const t = await table([{ name: 'id', type: 'int' }, { name: 'price', type: 'decimal(9,2)' }, { name: 'old', type: 'string' }, { name: 'ratio', type: 'float' }]);
    await append(t, `SELECT 1 AS id, 1.25::DECIMAL(9,2) AS price, 'x' AS old, 0.5::FLOAT AS ratio`);
    await t.evolveSchema([
      { op: 'rename', column: 'id', to: 'key' }, { op: 'widen', column: 'key', type: 'long' }, { op: 'widen', column: 'price', type: 'decimal(18,2)' },
      { op: 'drop', column: 'old' }, { op: 'add', column: { name: 'old', type: 'int' } }, { op: 'widen', column: 'ratio', type: 'double' },
      { op: 'move', column: 'price', place: { first: true } },
    ]);
    await append(t, `SELECT 5000000000 AS key, 2.5::DECIMAL(18,2) AS price, 7 AS old, 0.25::DOUBLE AS ratio`);
    expect(await rowsOf(t)).toEqual([{ price: '1.25', key: 1n, ratio: 0.5, old: null }, { price: '2.50', key: 5000000000n, ratio: 0.25, old: 7 }]);
  });

  test('a float that became a double is compared as a double', async () => {
    const t = await table([{ name: 'id', type: 'int' }, { name: 'x', type: 'float' }]);
    await append(t, 'SELECT i::INTEGER AS id, (i / 3)::FLOAT AS x FROM range(10) r(i)');
    await t.evolveSchema([{ op: 'widen', column: 'x', type: 'double' }]);
    const { schema, files } = await t.scan();
    const found = async (value: string): Promise<unknown> => await space.session.value(`SELECT count(*) FROM (${scanSql({ schema, files })}) WHERE x = ${value}`);
    expect(await found('1 / 3')).toBe(0n);
    expect(await found('0.3333333432674408')).toBe(1n);
  });

  test('so are fields inside structs, lists and maps, at any depth', async () => {
    const inner = (...names: string[]): ColumnDefinition['type'] => ({ type: 'struct', fields: names.map((name) => ({ id: 0, name, required: false, type: 'int' })) });
    const t = await table([
      { name: 'id', type: 'int' },
      { name: 's', type: { type: 'struct', fields: [{ id: 0, name: 'a', required: false, type: 'int' }, { id: 0, name: 'deep', required: false, type: inner('x', 'y') }] } },
      { name: 'only', type: inner('gone') },
    ]);
    await append(t, `SELECT i::INTEGER AS id, CASE WHEN i < 3 THEN {a: 1::INTEGER, deep: CASE WHEN i < 2 THEN {x: 2::INTEGER, y: 3::INTEGER} END} END AS s, {gone: 9::INTEGER} AS only FROM range(1, 4) r(i)`);
    await t.evolveSchema([
      { op: 'rename', column: 's.a', to: 'b' }, { op: 'add', parent: 's', column: { name: 'a', type: 'string' } }, { op: 'widen', column: 's.deep.x', type: 'long' },
      { op: 'drop', column: 's.deep.y' }, { op: 'add', parent: 's.deep', column: { name: 'y', type: 'int' } },
      { op: 'add', parent: 'only', column: { name: 'here', type: 'int' } }, { op: 'drop', column: 'only.gone' },
    ]);
    expect(await rowsOf(t)).toEqual([
      { id: 1, s: { b: 1, deep: { x: 2n, y: null }, a: null }, only: { here: null } },
      { id: 2, s: { b: 1, deep: null, a: null }, only: { here: null } },
      { id: 3, s: null, only: { here: null } },
    ]);
  });

  test('columns of lists and maps of structs are put together anew', async () => {
    const { schema } = newSchema([
      { name: 'l', type: { type: 'list', 'element-id': 0, element: { type: 'struct', fields: [{ id: 0, name: 'new', required: false, type: 'long' }] }, 'element-required': false } },
      { name: 'm', type: { type: 'map', 'key-id': 0, key: 'string', 'value-id': 0, value: { type: 'struct', fields: [{ id: 0, name: 'v', required: false, type: 'int' }] }, 'value-required': false } },
    ]);
    // Ids as the schema has them: l = 1, m = 2, l.element = 3, l.element.new = 4, m.key = 5, m.value = 6, m.value.v = 7.
    const file = await foreignFile(`SELECT [{'old': 5::INTEGER}, NULL] AS l, MAP {'k': {'w': 6::INTEGER}, 'n': NULL} AS m UNION ALL SELECT NULL, NULL`,
      ', FIELD_IDS {l: {__duckdb_field_id: 1, element: {__duckdb_field_id: 3, old: 4}}, m: {__duckdb_field_id: 2, key: 5, value: {__duckdb_field_id: 6, w: 7}}}');
    expect(await space.session.rows(scanSql({ schema, files: scanFiles([file]) }))).toEqual([
      { l: [{ new: 5n }, null], m: [{ key: 'k', value: { v: 6 } }, { key: 'n', value: null }] }, { l: null, m: null },
    ]);
  });

  test('an old partitioning keeps its files readable', async () => {
    const t = await table([{ name: 'id', type: 'int' }, { name: 'at', type: 'timestamp' }], ['day(at)']);
    await append(t, `SELECT i::INTEGER AS id, TIMESTAMP '2026-01-01' + INTERVAL (i) DAY AS at FROM range(3) r(i)`);
    await t.setPartitioning(['bucket(4, id)']);
    await append(t, `SELECT i::INTEGER AS id, TIMESTAMP '2026-01-01' AS at FROM range(3, 6) r(i)`);
    expect((await rowsOf(t, { columns: ['id'] }))).toEqual([0, 1, 2, 3, 4, 5].map((id) => ({ id })));
  });
});

describe('files without field ids', () => {
  const columns: ColumnDefinition[] = [{ name: 'id', type: 'long' }, { name: 'city', type: 'string' }, { name: 'place', type: { type: 'struct', fields: [{ id: 0, name: 'lat', required: false, type: 'double' }] } }];
  const { schema } = newSchema(columns);
  const sql = `SELECT 7::INTEGER AS ident, 'São Paulo' AS town, {'latitude': -23.5::DOUBLE} AS place, 1 AS extra`;

  test('are refused by name, since DuckDB would read every column as NULL', async () => {
    const file = await foreignFile(sql, '');
    expect(() => scanSql({ schema, files: scanFiles([file]) })).toThrow('a data file has no field ids');
  });

  test('are read by the name mapping of the table, nested fields too', async () => {
    const mapping = [
      { 'field-id': 1, names: ['id', 'ident'] }, { 'field-id': 2, names: ['town'] }, { 'field-id': 3, names: ['place'], fields: [{ 'field-id': 4, names: ['latitude'] }] },
    ];
    const properties = { 'schema.name-mapping.default': JSON.stringify(mapping) };
    const ours = await writeRows(space.session, { schema, spec: UNPARTITIONED, folder, select: `SELECT 8 AS id, 'Rio' AS city, {lat: 1.5} AS place`.replace('1.5', '1.5::DOUBLE') });
    const files = [await foreignFile(sql, ''), await foreignFile(`SELECT 9::BIGINT AS id`, ''), ...ours];
    expect(await space.session.rows(`${scanSql({ schema, files: scanFiles(files), properties })} ORDER BY 1`)).toEqual([
      { id: 7n, city: 'São Paulo', place: { lat: -23.5 } }, { id: 8n, city: 'Rio', place: { lat: 1.5 } }, { id: 9n, city: null, place: null },
    ]);
  });

  test('bytes that are not marked as text are text where the table says so', async () => {
    const file = await foreignFile(`SELECT 1::BIGINT AS id, encode('Curitiba ü') AS city`, ', FIELD_IDS {id: 1, city: 2}');
    expect(await space.session.rows(scanSql({ schema, files: scanFiles([file]) }, { columns: ['city'] }))).toEqual([{ city: 'Curitiba ü' }]);
  });

  test('a column that the file lacks and the table is partitioned by has the partition\'s value', async () => {
    const specs: PartitionSpec[] = [{ 'spec-id': 0, fields: [{ 'source-id': 2, 'field-id': 1000, name: 'city', transform: 'identity' }] }];
    const files = [await foreignFile('SELECT 1::BIGINT AS id', ', FIELD_IDS {id: 1}', ['Belém']), await foreignFile('SELECT 2::BIGINT AS id', ', FIELD_IDS {id: 1}', [null])];
    expect(await space.session.rows(`${scanSql({ schema, files: scanFiles(files), specs }, { columns: ['id', 'city'] })} ORDER BY 1`)).toEqual([
      { id: 1n, city: 'Belém' }, { id: 2n, city: null },
    ]);
  });
});

describe('position deletes', () => {
  const { schema } = newSchema([{ name: 'id', type: 'int' }, { name: 'filename', type: 'string' }]);

  async function deletes(rows: [string, number][]): Promise<DataFile> {
    const values = rows.map(([path, position]) => `(${quoteText(path)}, ${position}::BIGINT)`).join(', ');
    const file = await foreignFile(`SELECT * FROM (VALUES ${values}) AS d(file_path, pos)`, ', FIELD_IDS {file_path: 2147483546, pos: 2147483545}');
    return { ...file, content: 1 };
  }

  async function write(from: number, to: number): Promise<DataFile> {
    const [file] = await writeRows(space.session, { schema, spec: UNPARTITIONED, folder, select: `SELECT i::INTEGER AS id, 'f' || i AS filename FROM range(${from}, ${to}) r(i)`, sortOrder: { 'order-id': 1, fields: [{ 'source-id': 1, transform: 'identity', direction: 'asc', 'null-order': 'nulls-first' }] } });
    return file ?? expect.fail('no file');
  }

  async function ids(files: ScanFile[], where = 'TRUE'): Promise<number[]> {
    return (await space.session.rows<{ id: number }>(`SELECT id FROM (${scanSql({ schema, files })}) WHERE ${where} ORDER BY id`)).map((row) => row.id);
  }

  test('take rows away, named twice or not, from the file that they name alone', async () => {
    const [a, b, c] = [await write(0, 5), await write(10, 15), await write(20, 22)];
    const one = await deletes([[a.path, 1], [b.path, 0], [a.path, 3]]);
    const two = await deletes([[a.path, 1], [a.path, 4]]);
    const scan = (file: DataFile, ...positionDeletes: DataFile[]): ScanFile => ({ file, sequenceNumber: 1n, snapshotId: 1n, positionDeletes });
    expect(await ids([scan(a, one, two), scan(b, one, two), scan(c)])).toEqual([0, 2, 11, 12, 13, 14, 20, 21]);
    expect(await ids([scan(a, one, two), scan(b, one, two), scan(c)], 'id > 1 AND id < 13')).toEqual([2, 11, 12]);
  });

  test('that do not apply to a file by their age leave it alone, though they name it', async () => {
    const [a, b] = [await write(0, 3), await write(10, 13)];
    const file = await deletes([[a.path, 0], [b.path, 0]]);
    const scan = (of: DataFile, positionDeletes: DataFile[]): ScanFile => ({ file: of, sequenceNumber: 1n, snapshotId: 1n, positionDeletes });
    const other = await deletes([[b.path, 2]]);
    expect(await ids([scan(a, [file]), scan(b, [other])])).toEqual([1, 2, 10, 11]);
  });

  test('paths and positions of the remaining rows are those of the manifest', async () => {
    const a = await write(0, 4);
    const spelled = { ...a, path: `file:${a.path}` };
    const files = [{ file: spelled, sequenceNumber: 1n, snapshotId: 1n, positionDeletes: [await deletes([[spelled.path, 2]])] }];
    expect(await space.session.rows(`${scanSql({ schema, files }, { columns: ['id'], withPosition: true })} ORDER BY 1`)).toEqual([
      { id: 0, $path: spelled.path, $pos: 0n }, { id: 1, $path: spelled.path, $pos: 1n }, { id: 3, $path: spelled.path, $pos: 3n },
    ]);
  });

  test('a delete file without field ids is refused by name', async () => {
    const a = await write(0, 2);
    const broken = { ...await foreignFile(`SELECT ${quoteText(a.path)} AS file_path, 0::BIGINT AS pos`, ''), content: 1 as const };
    expect(() => scanSql({ schema, files: [{ file: a, sequenceNumber: 1n, snapshotId: 1n, positionDeletes: [broken] }] })).toThrow('a delete file has no field ids');
  });
});

describe('a filter', () => {
  /** A column as it was written, and the type that the table gives it now. */
  const WIDENED: readonly [PrimitiveType, PrimitiveType][] = [['int', 'long'], ['float', 'double'], ['decimal(9,2)', 'decimal(20,2)'], ['decimal(18,4)', 'decimal(38,4)']];
  const columns = fc.oneof(primitiveType().map((type): [PrimitiveType, PrimitiveType] => [type, type]), fc.constantFrom(...WIDENED));
  const cases = columns.chain(([written, read]) => fc.record({
    written: fc.constant(written), read: fc.constant(read),
    values: fc.array(fc.option(valueOf(written), { freq: 5 }), { minLength: 1, maxLength: 15 }),
    op: fc.constantFrom('eq' as const, 'ne' as const, 'lt' as const, 'le' as const, 'gt' as const, 'ge' as const, 'in' as const),
    others: fc.array(valueOf(read), { minLength: 1, maxLength: 3 }), place: fc.nat({ max: 14 }),
  }));

  test('finds in a file the rows that it finds in memory, also after a column was widened', async () => {
    await fc.assert(fc.asyncProperty(cases, async ({ written, read, values, op, others, place }) => {
      const { schema } = newSchema([{ name: 'c', type: written }]);
      const select = rowsSql(schema.fields, values.map((value) => [value]));
      const files = await writeRows(space.session, { schema, spec: UNPARTITIONED, folder: `${folder}-filters`, select });
      const now = newSchema([{ name: 'c', type: read }]).schema;
      const own = written === read ? values[place % values.length] ?? null : null; // a value that is there, too
      const candidates = own === null ? others : [own, ...others];
      const predicate: Predicate = op === 'in' ? { op, column: 'c', values: candidates } : { op, column: 'c', value: candidates[0] as Value };
      const where = predicateSql(predicate, now);
      const memory = `SELECT CAST(c AS ${duckType(read)}) AS c FROM (${select})`;
      const [found] = await space.session.rows(`SELECT (SELECT count(*) FROM (${scanSql({ schema: now, files: scanFiles(files) })}) WHERE ${where}) AS file,
        (SELECT count(*) FROM (FROM (${memory}) OFFSET 0) WHERE ${where}) AS memory`);
      expect(found?.['file']).toBe(found?.['memory']);
    }), { numRuns: 120 });
  });
});

test('no files give no rows, with the columns and their types', async () => {
  const { schema } = newSchema([{ name: 'a', type: 'decimal(18,4)' }, { name: 'b', type: { type: 'list', 'element-id': 0, element: 'date', 'element-required': false } }]);
  expect(await space.session.describe(scanSql({ schema, files: [] }, { withPosition: true }))).toEqual([
    { name: 'a', type: 'DECIMAL(18,4)' }, { name: 'b', type: 'DATE[]' }, { name: '$path', type: 'VARCHAR' }, { name: '$pos', type: 'BIGINT' },
  ]);
  expect(await space.session.rows(scanSql({ schema, files: [] }))).toEqual([]);
});

test('folders with wildcards and quotes in their names are read as they are', async () => {
  const { schema } = newSchema([{ name: 'id', type: 'int' }]);
  const odd = join(folder, `a[b]*? it's`);
  await writeRows(space.session, { schema, spec: UNPARTITIONED, folder: join(folder, 'ab'), select: 'SELECT 1 AS id', writeId: 'same' });
  const files = await writeRows(space.session, { schema, spec: UNPARTITIONED, folder: odd, select: 'SELECT 2 AS id', writeId: 'same' });
  expect(await space.session.rows(scanSql({ schema, files: scanFiles(files) }))).toEqual([{ id: 2 }]);
});

test('a missing file, one that is no Parquet and one elsewhere are named', async () => {
  const { schema } = newSchema([{ name: 'id', type: 'int' }]);
  const file = await foreignFile('SELECT 1 AS id', ', FIELD_IDS {id: 1}');
  await space.session.run(`COPY (SELECT 'no parquet at all' AS text) TO ${quoteText(join(folder, 'x.csv'))} (FORMAT csv)`);
  const at = (path: string) => () => scanSql({ schema, files: scanFiles([{ ...file, path }]) });
  expect(at(join(folder, 'gone.parquet'))).toThrow('the footer of a data file cannot be read');
  expect(at(join(folder, 'x.csv'))).toThrow('this is not a Parquet file');
  expect(at('s3://bucket/x.parquet')).toThrow('DuckDB reads files of this machine alone');
});

test('hundreds of files are one relation', async () => {
  const { schema } = newSchema([{ name: 'id', type: 'long' }, { name: 'p', type: 'int' }]);
  const spec: PartitionSpec = { 'spec-id': 0, fields: [{ 'source-id': 2, 'field-id': 1000, name: 'p', transform: 'identity' }] };
  const files = await writeRows(space.session, { schema, spec, folder, select: 'SELECT i AS id, (i % 300)::INTEGER AS p FROM range(30000) r(i)' });
  expect(files.length).toBe(300);
  expect(await space.session.value(`SELECT sum(id) FROM (${scanSql({ schema, files: scanFiles(files) })})`)).toBe(449985000n);
});
