// Tables that Spark, Trino and PyIceberg wrote are read with the values that they themselves read: deletes, evolution, foreign names included.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Database, compactTable, mergeRows, quoteName, scanSql, verifyRows, type Session } from '../../lib/lake/duckdb/index.ts';
import { openFolderLake, type Schema, type Table } from '../../lib/lake/index.ts';
import { query } from '../oracles/trino/query.mjs';
import { canonicalOfPython, canonicalRows, firstDifference, type canonical, type Canonical } from './support/canonical.ts';
import { pyicebergPython, spark } from './support/engines.ts';
import { openForeignTable } from './support/foreign-table.ts';
import { LineProcess } from './support/line-process.ts';
import { startTrino, type TrinoServer } from './support/trino.ts';

const MINUTES = 60_000;
const READERS = join(import.meta.dirname, 'support/readers');

let folder: string;
let database: Database;
let session: Session;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-foreign-'));
  database = await Database.open({ memoryLimit: '1GB' });
  session = await database.connect();
});
afterAll(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

async function ours(table: Table, snapshotId?: bigint): Promise<{ schema: Schema; rows: Canonical[][] }> {
  const { schema, files } = await table.scan(snapshotId === undefined ? {} : { snapshotId });
  const { rows } = await session.table(scanSql({ schema, files, specs: table.metadata['partition-specs'], properties: table.properties }));
  return { schema, rows: canonicalRows(schema, rows) };
}

function expectSame(name: string, schema: Schema, ourRows: Canonical[][], theirs: Canonical[][]): void {
  expect(theirs.length, `${name} has rows`).toBeGreaterThan(0);
  expect([name, firstDifference(schema, ourRows, theirs)]).toEqual([name, undefined]);
}

describe('tables that Spark wrote', () => {
  let process: LineProcess;
  let warehouse: string;
  beforeAll(async () => {
    warehouse = join(folder, 'spark');
    const { python, jar } = spark();
    process = new LineProcess(python, [join(READERS, 'spark_sql.py'), warehouse, jar], { TZ: 'UTC', PYTHONDONTWRITEBYTECODE: '1' });
    await process.next();
    await process.ask('CREATE NAMESPACE lake.db');
  }, 5 * MINUTES);
  afterAll(() => process.stop());

  const ask = async (sql: string): Promise<Canonical[][]> => (await process.ask<{ rows: Canonical[][] }>(sql)).rows;

  async function check(name: string, snapshotId?: bigint): Promise<Table> {
    const table = await openForeignTable(join(warehouse, 'db', name));
    const { schema, rows } = await ours(table, snapshotId);
    const version = snapshotId === undefined ? '' : ` VERSION AS OF ${snapshotId}`;
    const theirs = await ask(`SELECT ${schema.fields.map((field) => `\`${field.name}\``).join(', ')} FROM lake.db.${name}${version}`);
    expectSame(name, schema, rows, canonicalRows(schema, theirs, canonicalOfPython as typeof canonical));
    return table;
  }

  const TYPES = `id BIGINT, flag BOOLEAN, n INT, f FLOAT, d DOUBLE, day DATE, ts TIMESTAMP_NTZ, tz TIMESTAMP, s STRING, b BINARY, d9 DECIMAL(9,2), d18 DECIMAL(18,4),
    d38 DECIMAL(38,10), st STRUCT<x: INT, deep: STRUCT<z: STRING>>, li ARRAY<BIGINT>, ma MAP<STRING, DOUBLE>, ls ARRAY<STRUCT<a: INT>>`;
  const rows = (from: number, to: number): string => `
    SELECT id, id % 2 = 0, CAST(id * 1000 AS INT), CAST(id / 7 AS FLOAT), IF(id % 10 = 3, double('NaN'), id / 3), date_add(DATE '1969-12-25', CAST(id AS INT)),
      CAST(TIMESTAMP '1969-12-31 20:30:00.123456' + make_interval(0, 0, 0, 0, CAST(id AS INT)) AS TIMESTAMP_NTZ), TIMESTAMP '1969-12-31 20:30:00.123456' + make_interval(0, 0, 0, CAST(id AS INT)),
      IF(id % 5 = 4, NULL, concat('txt é😀 / = % ', id % 7)), encode(concat('b', id), 'UTF-8'), CAST(id - 20 AS DECIMAL(9,2)), CAST(id * 1.0001 AS DECIMAL(18,4)), CAST(-id * 100000.5 AS DECIMAL(38,10)),
      IF(id % 6 = 5, NULL, named_struct('x', CAST(id AS INT), 'deep', IF(id % 4 = 1, NULL, named_struct('z', concat('q', id))))), array(id, NULL), map(concat('k', id), id / 4, 'n', NULL),
      array(named_struct('a', CAST(id AS INT)), NULL) FROM range(${from}, ${to})`;

  async function change(name: string): Promise<void> {
    await ask(`INSERT INTO lake.db.${name} ${rows(0, 60)}`);
    await ask(`DELETE FROM lake.db.${name} WHERE id % 7 = 2`);
    await ask(`UPDATE lake.db.${name} SET s = 'updated', n = -n WHERE id BETWEEN 20 AND 30`);
    await ask(`MERGE INTO lake.db.${name} t USING (SELECT id, CAST('merged' AS STRING) AS s FROM range(50, 70)) c ON t.id = c.id
      WHEN MATCHED THEN UPDATE SET t.s = c.s WHEN NOT MATCHED THEN INSERT (id, s) VALUES (c.id, c.s)`);
    await ask(`DELETE FROM lake.db.${name} WHERE id IN (21, 55, 69)`);
  }

  test.each(['merge-on-read', 'copy-on-write'])('%s deletes, updates and merges, now and before each', async (mode) => {
    for (const [at, partitioning] of ['', 'PARTITIONED BY (bucket(3, id))', 'PARTITIONED BY (days(ts), flag)', 'PARTITIONED BY (s)', 'PARTITIONED BY (truncate(10, n), years(day))'].entries()) {
      const name = `${mode.replaceAll('-', '_')}_${at}`;
      await ask(`CREATE TABLE lake.db.${name} (${TYPES}) USING iceberg ${partitioning} TBLPROPERTIES ('format-version' = '2',
        'write.delete.mode' = '${mode}', 'write.update.mode' = '${mode}', 'write.merge.mode' = '${mode}')`);
      await change(name);
      const table = await check(name);
      for (const snapshot of table.metadata.snapshots) await check(name, snapshot['snapshot-id']);
      expect((await verifyRows(session, table)).problems).toEqual([]);
    }
  }, 20 * MINUTES);

  test('an evolved schema and partitioning', async () => {
    await ask(`CREATE TABLE lake.db.evolved (${TYPES}) USING iceberg PARTITIONED BY (days(ts)) TBLPROPERTIES ('format-version' = '2', 'write.delete.mode' = 'merge-on-read')`);
    await ask(`INSERT INTO lake.db.evolved ${rows(0, 20)}`);
    for (const change of [
      'RENAME COLUMN n TO number', 'ALTER COLUMN number TYPE BIGINT', 'DROP COLUMN s', 'ADD COLUMN s INT', 'ALTER COLUMN d9 TYPE DECIMAL(20,2)', 'ADD COLUMN st.deep.y DOUBLE',
      'RENAME COLUMN st.x TO xx', 'ADD COLUMN ls.element.b STRING', 'ALTER COLUMN f TYPE DOUBLE', 'REPLACE PARTITION FIELD days(ts) WITH bucket(4, id)', 'ADD PARTITION FIELD flag',
    ]) await ask(`ALTER TABLE lake.db.evolved ${change}`);
    await ask(`INSERT INTO lake.db.evolved SELECT id, true, id * 5000000000, 0.5D, NULL, DATE '2020-01-01', NULL, NULL, NULL, NULL, NULL, NULL,
      named_struct('xx', 1, 'deep', named_struct('z', 'zz', 'y', 2.5D)), NULL, NULL, array(named_struct('a', 1, 'b', 'bb')), 7 FROM range(20, 30)`);
    await ask('DELETE FROM lake.db.evolved WHERE id IN (3, 4, 25)');
    await check('evolved');
  }, 10 * MINUTES);

  test('names that its Parquet files spell otherwise', async () => {
    await ask('CREATE TABLE lake.db.odd (id BIGINT, `a b` INT, `größe (cm)` DOUBLE, `1st` STRUCT<`x-y`: INT, `z.z`: STRING>, l ARRAY<STRUCT<`e/f`: INT>>) USING iceberg');
    await ask(`INSERT INTO lake.db.odd SELECT id, CAST(id AS INT), id / 2, named_struct('x-y', 5, 'z.z', 'dot'), array(named_struct('e/f', 6)) FROM range(5)`);
    await check('odd');
  }, 10 * MINUTES);

  test('format version 1, gzipped metadata, branches', async () => {
    await ask(`CREATE TABLE lake.db.old (${TYPES}) USING iceberg PARTITIONED BY (months(day)) TBLPROPERTIES ('format-version' = '1', 'write.metadata.compression-codec' = 'gzip')`);
    await ask(`INSERT INTO lake.db.old ${rows(0, 40)}`);
    await ask('DELETE FROM lake.db.old WHERE id < 10');
    await check('old');
    await ask(`CREATE TABLE lake.db.branched (id BIGINT) USING iceberg`);
    await ask('INSERT INTO lake.db.branched SELECT id FROM range(5)');
    await ask('ALTER TABLE lake.db.branched CREATE BRANCH other');
    await ask('INSERT INTO lake.db.branched.branch_other SELECT id FROM range(5, 9)');
    await check('branched');
  }, 10 * MINUTES);

  test('plain Parquet files that were added: without field ids, and without the column that their folder names', async () => {
    const source = join(folder, 'plain');
    await ask(`CREATE TABLE plain (id BIGINT, s STRING, st STRUCT<x: INT, y: STRING>, kind STRING, n INT) USING parquet PARTITIONED BY (kind, n) LOCATION '${source}'`);
    await ask(`INSERT INTO plain SELECT id, concat('s', id), named_struct('x', CAST(id AS INT), 'y', 'why'), IF(id % 3 = 0, 'a b/ü', 'c'), CAST(id % 2 AS INT) FROM range(20)`);
    await ask('CREATE TABLE lake.db.added (id BIGINT, s STRING, st STRUCT<x: INT, y: STRING>, kind STRING, n INT) USING iceberg PARTITIONED BY (kind, n)');
    await ask(`CALL lake.system.add_files(table => 'db.added', source_table => 'spark_catalog.default.plain')`);
    await ask(`INSERT INTO lake.db.added VALUES (100, 'new', named_struct('x', 1, 'y', 'z'), 'c', 5)`);
    const table = await check('added');
    expect(table.properties['schema.name-mapping.default']).toBeDefined();
  }, 10 * MINUTES);

  test.each(['orc', 'avro'])('data files in %s are refused by name', async (format) => {
    await ask(`CREATE TABLE lake.db.${format} (id BIGINT) USING iceberg TBLPROPERTIES ('write.format.default' = '${format}')`);
    await ask(`INSERT INTO lake.db.${format} SELECT id FROM range(5)`);
    const table = await openForeignTable(join(warehouse, 'db', format));
    await expect(table.scan()).rejects.toThrow(`data files in ${format.toUpperCase()} cannot be read`);
  }, 10 * MINUTES);

  test('what it left half done by deletes, we merge into and compact, and it reads the result', async () => {
    await ask(`CREATE TABLE lake.db.shared (${TYPES}) USING iceberg PARTITIONED BY (bucket(3, id)) TBLPROPERTIES ('format-version' = '2',
      'write.delete.mode' = 'merge-on-read', 'write.update.mode' = 'merge-on-read', 'write.merge.mode' = 'merge-on-read')`);
    await change('shared');
    const table = await openFolderLake(warehouse).loadTable({ namespace: 'db', name: 'shared' });
    const { schema, files } = await table.scan();
    const before = scanSql({ schema, files });
    await mergeRows(session, table, ['id'], `SELECT * REPLACE (id + 5 AS id, 'ours' AS s) FROM (${before}) WHERE id BETWEEN 40 AND 60`);
    await compactTable(session, table, { strategy: 'sort', columns: ['id'] });
    expect((await table.scan()).files.every((each) => each.positionDeletes.length === 0)).toBe(true);
    await check('shared');
    await ask(`DELETE FROM lake.db.shared WHERE id = 50`);
    await check('shared');
  }, 10 * MINUTES);
});

describe('tables that Trino wrote', () => {
  let server: TrinoServer;
  let warehouse: string;
  beforeAll(async () => {
    warehouse = join(folder, 'trino');
    server = await startTrino(warehouse);
    await ask('CREATE SCHEMA iceberg.db');
  }, 5 * MINUTES);
  afterAll(() => server.stop());

  const ask = async (sql: string): Promise<unknown[][]> => (await query(sql, { port: server.port })).rows;

  async function check(name: string): Promise<void> {
    const [[path]] = await ask(`SELECT file FROM iceberg.db."${name}$metadata_log_entries" ORDER BY timestamp DESC LIMIT 1`) as [[string]];
    const location = path.replace(/^file:(\/\/)?/, '').replace(/\/metadata\/[^/]+$/, '');
    const table = await openForeignTable(location);
    const { schema, rows } = await ours(table);
    const columns = schema.fields.map(({ name: column, type }) => (type === 'binary' ? `to_hex(${quoteName(column)})` : quoteName(column))).join(', ');
    expectSame(name, schema, rows, canonicalRows(schema, await ask(`SELECT ${columns} FROM iceberg.db.${name}`)));
  }

  const TYPES = `id bigint, flag boolean, n integer, f real, d double, day date, t time(6), ts timestamp(6), tz timestamp(6) with time zone, s varchar, u uuid, b varbinary,
    d9 decimal(9,2), d18 decimal(18,4), d38 decimal(38,10), st row(x integer, deep row(z varchar)), li array(bigint), ma map(varchar, double)`;
  const rows = (from: number, to: number): string => `
    SELECT id, id % 2 = 0, CAST(id * 1000 AS integer), CAST(id / 7e0 AS real), IF(id % 10 = 3, nan(), id / 3e0), date_add('day', id, DATE '1969-12-25'), TIME '10:20:30.123456',
      date_add('hour', id, TIMESTAMP '1969-12-31 20:30:00.123456'), date_add('day', id, TIMESTAMP '1969-12-31 20:30:00.123456 UTC'), IF(id % 5 = 4, NULL, 'txt é😀 / ' || CAST(id % 7 AS varchar)),
      UUID '00112233-4455-6677-8899-aabbccddeeff', to_utf8('b' || CAST(id AS varchar)), CAST(id - 20 AS decimal(9,2)), CAST(id * DECIMAL '1.0001' AS decimal(18,4)), CAST(-id AS decimal(38,10)),
      IF(id % 6 = 5, NULL, CAST(ROW(id, ROW('q')) AS row(x integer, deep row(z varchar)))), ARRAY[id, NULL], MAP(ARRAY['k', 'n'], ARRAY[id / 4e0, NULL]) FROM UNNEST(sequence(${from}, ${to})) AS r(id)`;

  test.each([[''], ["ARRAY['bucket(id, 3)']"], ["ARRAY['day(ts)', 'flag']"], ["ARRAY['s', 'truncate(d9, 10)']"]])('with inserts, deletes, updates and merges, partitioned by %s', async (partitioning) => {
    const name = `changed_${partitioning.replace(/\W+/g, '_')}`.replace(/_$/, '').toLowerCase();
    await ask(`CREATE TABLE iceberg.db.${name} (${TYPES})${partitioning === '' ? '' : ` WITH (partitioning = ${partitioning})`}`);
    await ask(`INSERT INTO iceberg.db.${name} ${rows(0, 60)}`);
    await ask(`DELETE FROM iceberg.db.${name} WHERE id % 7 = 2`);
    await ask(`UPDATE iceberg.db.${name} SET s = 'updated' WHERE id BETWEEN 20 AND 30`);
    await ask(`MERGE INTO iceberg.db.${name} t USING (SELECT id FROM UNNEST(sequence(50, 70)) AS r(id)) c ON t.id = c.id WHEN MATCHED THEN UPDATE SET s = 'merged' WHEN NOT MATCHED THEN INSERT (id) VALUES (c.id)`);
    await check(name);
  }, 10 * MINUTES);

  test('with an evolved schema and partitioning', async () => {
    await ask(`CREATE TABLE iceberg.db.evolved (${TYPES}) WITH (partitioning = ARRAY['day(ts)'])`);
    await ask(`INSERT INTO iceberg.db.evolved ${rows(0, 20)}`);
    for (const change of [
      'RENAME COLUMN n TO number', 'ALTER COLUMN number SET DATA TYPE bigint', 'DROP COLUMN s', 'ADD COLUMN s integer', 'RENAME COLUMN st.x TO xx', 'ADD COLUMN st.deep.y double',
      `SET PROPERTIES partitioning = ARRAY['bucket(id, 4)']`,
    ]) await ask(`ALTER TABLE iceberg.db.evolved ${change}`);
    await ask(`INSERT INTO iceberg.db.evolved (id, number, s) SELECT id, id * 5000000000, 7 FROM UNNEST(sequence(20, 30)) AS r(id)`);
    await ask('DELETE FROM iceberg.db.evolved WHERE id IN (3, 25)');
    await check('evolved');
  }, 10 * MINUTES);
});

describe('tables that PyIceberg wrote', () => {
  test('appended to, deleted from, overwritten and evolved', async () => {
    const warehouse = join(folder, 'pyiceberg');
    mkdirSync(warehouse);
    const output = execFileSync(pyicebergPython(), [join(READERS, 'pyiceberg_write.py'), warehouse], {
      maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    });
    const tables = JSON.parse(output.toString('utf8')) as { name: string; rows: Canonical[][] }[];
    expect(tables.length).toBe(readdirSync(join(warehouse, 'db')).length);
    for (const { name, rows } of tables) {
      const read = await ours(await openForeignTable(join(warehouse, 'db', name)));
      expectSame(name, read.schema, read.rows, canonicalRows(read.schema, rows, canonicalOfPython as typeof canonical));
    }
  }, 10 * MINUTES);
});
