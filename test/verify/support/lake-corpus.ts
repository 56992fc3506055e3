// Tables of every kind that the lake can write: the corpus that other engines must read with equal values.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { ColumnDefinition, IcebergType, Lake, Predicate, Table } from '../../../lib/lake/index.ts';
import {
  compactTable, deleteRows, mergeRows, quoteText, scanSql, updateRows, writeRows, type Session,
} from '../../../lib/lake/duckdb/index.ts';

export const NAMESPACE = 'corpus';

export interface CorpusTable {
  name: string;
  table: Table;
  /** Snapshots of the past to be read too, by id, and by tag where it has one. */
  past: { snapshotId: bigint; tag?: string }[];
}

const STRUCT = (...fields: [string, IcebergType][]): IcebergType => ({ type: 'struct', fields: fields.map(([name, type]) => ({ id: 0, name, required: false, type })) });
const LIST = (element: IcebergType): IcebergType => ({ type: 'list', 'element-id': 0, element, 'element-required': false });
const MAP = (key: IcebergType, value: IcebergType): IcebergType => ({ type: 'map', 'key-id': 0, key, 'value-id': 0, value, 'value-required': false });

/** Every type but `time`, which Spark does not know. */
const EVERY_TYPE: ColumnDefinition[] = [
  { name: 'id', type: 'long', required: true }, { name: 'flag', type: 'boolean' }, { name: 'n', type: 'int' }, { name: 'f', type: 'float' }, { name: 'd', type: 'double' },
  { name: 'day', type: 'date' }, { name: 'ts', type: 'timestamp' }, { name: 'tz', type: 'timestamptz' }, { name: 's', type: 'string' }, { name: 'u', type: 'uuid' },
  { name: 'b', type: 'binary' }, { name: 'd9', type: 'decimal(9,2)' }, { name: 'd18', type: 'decimal(18,4)' }, { name: 'd38', type: 'decimal(38,10)' },
  { name: 'st', type: STRUCT(['x', 'int'], ['deep', STRUCT(['z', 'string'], ['seen', 'timestamp'])]) }, { name: 'li', type: LIST('long') },
  { name: 'ma', type: MAP('string', 'double') }, { name: 'ls', type: LIST(STRUCT(['a', 'int'], ['b', LIST('string')])) }, { name: 'ms', type: MAP('int', STRUCT(['v', 'decimal(9,2)'])) },
];

const ODD_TEXTS = ['', 'a/b=c %&+"', "it''s", 'ÄÖÜ 😀', 'x', 'NULL', '__HIVE_DEFAULT_PARTITION__', '..', `${'long '.repeat(80)}`, '\t\n', 'São Paulo'];

/** Rows of all types: ordinary ones, extreme ones, one of NULLs. */
const EVERY_ROW = `
  SELECT i AS id, i % 2 = 0 AS flag, (i * 1000 - 5000)::INTEGER AS n, (i / 7)::FLOAT AS f, (i / 3)::DOUBLE AS d, DATE '1969-12-20' + i::INTEGER AS day,
    TIMESTAMP '1969-12-31 12:30:00.123456' + INTERVAL (i * 5) HOUR AS ts, TIMESTAMPTZ '1969-12-31 22:30:00.5+00' + INTERVAL (i) DAY AS tz,
    [${ODD_TEXTS.map((text) => `'${text}'`).join(', ')}][1 + i % ${ODD_TEXTS.length}] AS s, md5(i::VARCHAR)::UUID AS u, encode('bytes ' || i) || '\\xFF\\x00'::BLOB AS b,
    (i - 5)::DECIMAL(9,2) AS d9, (i * 1.0001)::DECIMAL(18,4) AS d18, (i * 1000000.5)::DECIMAL(38,10) AS d38,
    {x: i::INTEGER, deep: {z: 'q' || i, seen: TIMESTAMP '1900-01-01' + INTERVAL (i) YEAR}} AS st, [i, NULL, -i] AS li, MAP {'k' || i: i / 4, 'other': NULL} AS ma,
    [{a: i::INTEGER, b: ['x', NULL]}, NULL] AS ls, MAP {i::INTEGER: {v: 1.25::DECIMAL(9,2)}} AS ms
  FROM range(40) r(i)
  UNION ALL SELECT 100, TRUE, 2147483647, 'inf'::FLOAT, 'nan'::DOUBLE, DATE '9999-12-31', TIMESTAMP '9999-12-31 23:59:59.999999', TIMESTAMPTZ '0001-01-01 00:00:00+00',
    repeat('é', 300), 'ffffffff-ffff-ffff-ffff-ffffffffffff'::UUID, ''::BLOB, 9999999.99, 99999999999999.9999, 9999999999999999999999999999.9999999999,
    {x: NULL, deep: NULL}, [], MAP {}, [], MAP {}
  UNION ALL SELECT 101, FALSE, -2147483648, '-inf'::FLOAT, '-inf'::DOUBLE, DATE '0001-01-01', TIMESTAMP '0001-01-01 00:00:00', TIMESTAMPTZ '9999-12-31 23:59:59.999999+00',
    chr(1114111), '00000000-0000-0000-0000-000000000000'::UUID, '\\x00'::BLOB, -9999999.99, -99999999999999.9999, -9999999999999999999999999999.9999999999,
    {x: 1::INTEGER, deep: {z: NULL, seen: NULL}}, [NULL], MAP {'': NULL}, [{a: NULL, b: NULL}], MAP {0: NULL}
  UNION ALL SELECT 102, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL`;

const PARTITIONINGS: Readonly<Record<string, string[]>> = {
  unpartitioned: [], by_year: ['year(ts)'], by_month: ['month(day)'], by_day: ['day(ts)'], by_hour: ['hour(tz)'], by_bucket: ['bucket(4, id)', 'bucket(3, s)'],
  by_other_buckets: ['bucket(4, day)', 'bucket(3, d18)', 'bucket(2, b)'], by_truncation: ['truncate(4, n)', 'truncate(2, s)'], by_other_truncation: ['truncate(10, d9)', 'truncate(5, b)'],
  by_text: ['s', 'flag'], by_day_value: ['day', 'd18'], by_time_value: ['ts'], by_uuid: ['bucket(4, u)'],
};

/** Filters over EVERY_TYPE that files can be pruned by. */
export const FILTERS: Predicate[] = [
  { op: 'ge', column: 'id', value: 30n }, { op: 'eq', column: 's', value: 'São Paulo' }, { op: 'gt', column: 's', value: 'x' }, { op: 'lt', column: 'n', value: 0 },
  { op: 'and', of: [{ op: 'ge', column: 'day', value: -5 }, { op: 'lt', column: 'day', value: 3 }] }, { op: 'lt', column: 'ts', value: 0n }, { op: 'ge', column: 'tz', value: 86_400_000_000n },
  { op: 'is_null', column: 's' }, { op: 'not_null', column: 'd' }, { op: 'in', column: 'id', values: [3n, 17n, 101n, 5000n] }, { op: 'eq', column: 'flag', value: true },
];

export class Corpus {
  readonly tables: CorpusTable[] = [];
  private readonly lake: Lake;
  private readonly session: Session;

  constructor(lake: Lake, session: Session) {
    this.lake = lake;
    this.session = session;
  }

  async build(): Promise<void> {
    for (const [name, partitionBy] of Object.entries(PARTITIONINGS)) {
      // The least decimals cannot be truncated: they would leave their precision.
      const rows = name === 'by_other_truncation' ? `SELECT * FROM (${EVERY_ROW}) WHERE id <> 101` : EVERY_ROW;
      await this.append(await this.create(name, EVERY_TYPE, partitionBy), rows);
    }
    await this.times();
    await this.evolved();
    await this.repartitioned();
    await this.changed();
    await this.compacted();
    await this.positionDeletes();
    await this.rolledBack();
    await this.manyCommits();
    await this.create('empty', EVERY_TYPE, ['day(ts)']);
  }

  private async create(name: string, columns: ColumnDefinition[], partitionBy: string[] = [], sortBy: string[] = []): Promise<Table> {
    const table = await this.lake.createTable({ namespace: NAMESPACE, name }, { columns, partitionBy, sortBy, key: ['id'] });
    this.tables.push({ name, table, past: [] });
    return table;
  }

  private async append(table: Table, select: string): Promise<void> {
    await table.append(await writeRows(this.session, { schema: table.schema, spec: table.spec, sortOrder: table.sortOrder, folder: table.dataLocation, select }));
  }

  private remember(table: Table, tag?: string): void {
    const snapshotId = table.currentSnapshot?.['snapshot-id'];
    if (snapshotId !== undefined) this.tables.find((each) => each.table === table)?.past.push({ snapshotId, ...(tag === undefined ? {} : { tag }) });
  }

  private async times(): Promise<void> {
    const table = await this.create('times', [{ name: 'id', type: 'long', required: true }, { name: 't', type: 'time' }], ['bucket(3, t)']);
    await this.append(table, `SELECT i AS id, CASE WHEN i = 5 THEN NULL WHEN i = 6 THEN TIME '00:00:00' ELSE TIME '23:59:59.999999' - INTERVAL (i) MINUTE END AS t FROM range(10) r(i)`);
  }

  private async evolved(): Promise<void> {
    const table = await this.create('evolved', [
      { name: 'id', type: 'long', required: true }, { name: 'a', type: 'int' }, { name: 'b', type: 'decimal(9,2)' }, { name: 'gone', type: 'string' },
      { name: 's', type: STRUCT(['x', 'int'], ['y', 'float'], ['z', 'string']) }, { name: 'l', type: LIST(STRUCT(['old', 'int'])) },
    ], ['truncate(10, a)']);
    const nested = `{x: i::INTEGER, y: 0.5::FLOAT, z: 'z' || i} AS s, [{old: i::INTEGER}, NULL] AS l`;
    await this.append(table, `SELECT i AS id, i::INTEGER AS a, 1.25::DECIMAL(9,2) AS b, 'gone' AS gone, ${nested} FROM range(8) r(i)`);
    this.remember(table);
    await table.evolveSchema([
      { op: 'rename', column: 'a', to: 'A renamed' }, { op: 'widen', column: 'A renamed', type: 'long' }, { op: 'widen', column: 'b', type: 'decimal(18,2)' },
      { op: 'drop', column: 'gone' }, { op: 'add', column: { name: 'gone', type: 'int' } }, { op: 'rename', column: 's.x', to: 'w' }, { op: 'widen', column: 's.y', type: 'double' },
      { op: 'drop', column: 's.z' }, { op: 'add', parent: 's', column: { name: 'z', type: 'long' } },
      { op: 'move', column: 'b', place: { after: 'id' } },
    ]);
    await this.append(table, `SELECT i AS id, 2.5::DECIMAL(18,2) AS b, i + 3000000000 AS "A renamed", {w: i::INTEGER, y: 0.1::DOUBLE, z: i} AS s, [{old: i::INTEGER}] AS l,
      i::INTEGER AS gone FROM range(8, 16) r(i)`);
  }

  private async repartitioned(): Promise<void> {
    const table = await this.create('repartitioned', EVERY_TYPE, ['month(ts)']);
    await this.append(table, `SELECT * FROM (${EVERY_ROW}) WHERE id % 3 = 0`);
    await table.setPartitioning(['bucket(4, id)', 'flag']);
    await this.append(table, `SELECT * FROM (${EVERY_ROW}) WHERE id % 3 = 1`);
    await table.setPartitioning([]);
    await this.append(table, `SELECT * FROM (${EVERY_ROW}) WHERE id % 3 = 2`);
  }

  private async changed(): Promise<void> {
    const table = await this.create('merged', EVERY_TYPE, ['bucket(3, id)']);
    await this.append(table, EVERY_ROW);
    this.remember(table);
    await mergeRows(this.session, table, ['id'], `SELECT * REPLACE (id + 20 AS id, 'merged' AS s) FROM (${EVERY_ROW}) WHERE id < 40`);
    this.remember(table);
    await deleteRows(this.session, table, { op: 'in', column: 'id', values: [1n, 25n, 101n, 59n] });
    await updateRows(this.session, table, { op: 'lt', column: 'n', value: -3000 }, { d38: 'd38 + 1', s: `s || '!'` });
  }

  private async compacted(): Promise<void> {
    for (const strategy of ['bin-pack', 'sort', 'z-order'] as const) {
      const table = await this.create(`compacted_${strategy.replace('-', '_')}`, EVERY_TYPE, strategy === 'sort' ? [] : ['truncate(50, id)'], strategy === 'bin-pack' ? [] : ['ts desc', 's']);
      for (let part = 0; part < 4; part++) await this.append(table, `SELECT * FROM (${EVERY_ROW}) WHERE id % 4 = ${part}`);
      if (strategy === 'sort') await this.deletePositions(table, 'id % 5 = 2');
      await compactTable(this.session, table, { strategy, minInputFiles: 2, ...(strategy === 'z-order' ? { columns: ['ts', 's', 'd'] } : {}) });
    }
  }

  private async positionDeletes(): Promise<void> {
    const table = await this.create('position_deletes', EVERY_TYPE);
    for (let part = 0; part < 3; part++) await this.append(table, `SELECT * FROM (${EVERY_ROW}) WHERE id % 3 = ${part}`);
    await this.deletePositions(table, 'id % 3 = 1 AND id > 10');
    this.remember(table);
    await this.deletePositions(table, 'id < 3 OR id = 102');
  }

  /** Deletes rows as merge-on-read engines do. */
  private async deletePositions(table: Table, where: string): Promise<void> {
    const { schema, files } = await table.scan();
    const path = join(table.dataLocation, `${randomUUID()}-deletes.parquet`);
    const rows = `SELECT "$path" AS file_path, "$pos" AS pos FROM (${scanSql({ schema, files }, { withPosition: true })}) WHERE ${where} ORDER BY ALL`;
    await this.session.run(`COPY (${rows}) TO ${quoteText(path)} (FORMAT parquet, FIELD_IDS {file_path: 2147483546, pos: 2147483545})`);
    const named = await this.session.rows<{ file_path: string }>(`SELECT file_path FROM read_parquet(${quoteText(path)})`);
    const { size } = await this.lake.context.files.stat(path) ?? { size: 0 };
    const metrics = { columnSizes: {}, valueCounts: {}, nullValueCounts: {}, lowerBounds: {}, upperBounds: {} };
    await table.rowDelta({
      deletes: [{ content: 1, path, format: 'PARQUET', specId: table.spec['spec-id'], partition: [], recordCount: BigInt(named.length), fileSizeInBytes: BigInt(size), metrics }],
      deletesFrom: files.map(({ file }) => file).filter((file) => named.some((each) => each.file_path === file.path)),
    });
  }

  private async rolledBack(): Promise<void> {
    const table = await this.create('rolled_back', EVERY_TYPE, ['day(tz)']);
    await this.append(table, `SELECT * FROM (${EVERY_ROW}) WHERE id < 20`);
    await table.tag('good');
    this.remember(table, 'good');
    const good = table.currentSnapshot?.['snapshot-id'] ?? 0n;
    await this.append(table, `SELECT * FROM (${EVERY_ROW}) WHERE id >= 20`);
    await table.tag('bad');
    this.remember(table, 'bad');
    await table.rollback(good);
  }

  private async manyCommits(): Promise<void> {
    const table = await this.create('many_commits', EVERY_TYPE, ['truncate(10, id)']);
    await table.setProperties({ set: { 'commit.manifest.min-count-to-merge': '10', 'write.metadata.delete-after-commit.enabled': 'true', 'write.metadata.previous-versions-max': '5' } });
    for (let at = 0; at < 30; at++) await this.append(table, `SELECT * FROM (${EVERY_ROW}) WHERE id = ${at}`);
    await table.expireSnapshots({ olderThanMilliseconds: 0, keepAtLeast: 3 });
    await this.append(table, `SELECT * FROM (${EVERY_ROW}) WHERE id >= 100`);
  }
}
