// Engines that others wrote read every kind of table that the lake writes, with equal values, whole and filtered, now and in the past.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFolderLake, type Predicate, type PrimitiveType, type Schema, type Value } from '../../lib/lake/index.ts';
import { Database, predicateSql, quoteName, scanSql, type Session } from '../../lib/lake/duckdb/index.ts';
import { query, registerTable } from '../oracles/trino/query.mjs';
import { canonical, canonicalOfPython, canonicalRows, firstDifference, type Canonical } from './support/canonical.ts';
import { chdbFolder, pyicebergPython, spark } from './support/engines.ts';
import { Corpus, FILTERS, NAMESPACE, type CorpusTable } from './support/lake-corpus.ts';
import { LineProcess } from './support/line-process.ts';
import { startTrino, type TrinoServer } from './support/trino.ts';

const MINUTES = 60_000;
const READERS = join(import.meta.dirname, 'support/readers');

let folder: string;
let database: Database;
let session: Session;
let corpus: CorpusTable[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-readers-'));
  database = await Database.open({ memoryLimit: '1GB' });
  session = await database.connect();
  const built = new Corpus(openFolderLake(join(folder, 'lake')), session);
  await built.build();
  corpus = built.tables;
}, 5 * MINUTES);
afterAll(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What our own reader says: its agreement with what was written is shown by the tests of lib/lake/duckdb. */
async function ours(of: CorpusTable, snapshotId?: bigint, where = 'TRUE'): Promise<{ schema: Schema; rows: unknown[][] }> {
  const { schema, files } = await of.table.scan(snapshotId === undefined ? {} : { snapshotId });
  const { rows } = await session.table(`SELECT * FROM (${scanSql({ schema, files })}) WHERE ${where}`);
  return { schema, rows };
}

function hasEveryType(of: CorpusTable): boolean {
  return of.table.schema.fields.some((field) => field.name === 'ms');
}

/** Ids of the rows that match, by our own evaluation. */
async function matching(of: CorpusTable, filter: Predicate): Promise<string[]> {
  const { rows } = await ours(of, undefined, predicateSql(filter, of.table.schema));
  return rows.map(([id]) => String(id)).sort();
}

/** Selects a table's columns, bytes as hexadecimal text. */
function columns(schema: Schema, hex: string): string {
  return schema.fields.map(({ name, type }) => (type === 'binary' ? `${hex}(${quoteName(name)}) AS ${quoteName(name)}` : quoteName(name))).join(', ');
}

function expectSame(schema: Schema, theirs: readonly Canonical[][], ours: readonly Canonical[][], name = ''): void {
  const difference = firstDifference(schema, theirs, ours);
  if (difference !== undefined) throw new Error(`${name} ${difference}`);
}

function expectSameIds(filter: Predicate, theirs: readonly (readonly unknown[])[], ours: readonly string[]): void {
  const ids = theirs.map(([id]) => String(id)).sort();
  const described = JSON.stringify(filter, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  if (ids.join() !== ours.join()) throw new Error(`${described}: rows ${ids.join()} instead of ${ours.join()}`);
}

const eachTable = (check: (of: CorpusTable) => Promise<void>, without: readonly string[] = []) => async (): Promise<void> => {
  const problems: string[] = [];
  for (const of of corpus.filter((each) => !without.includes(each.name))) {
    await check(of).catch((error: unknown) => problems.push(`${of.name}: ${error instanceof Error ? error.message : String(error)}`));
  }
  expect(problems).toEqual([]);
};

describe('Trino', () => {
  let server: TrinoServer;
  beforeAll(async () => {
    server = await startTrino(join(folder, 'trino'));
  }, 5 * MINUTES);
  afterAll(() => server.stop());

  const named = async (of: CorpusTable): Promise<string> => (await registerTable({ location: of.table.location, schema: NAMESPACE, table: of.name, port: server.port })).name;

  test('reads equal values', eachTable(async (of) => {
    const { schema, rows } = await ours(of);
    const theirs = await query(`SELECT ${columns(schema, 'to_hex')} FROM ${await named(of)}`, { port: server.port });
    expectSame(schema, canonicalRows(schema, theirs.rows), canonicalRows(schema, rows));
  }), 10 * MINUTES);

  test('reads equal values of the past', eachTable(async (of) => {
    for (const { snapshotId, tag } of of.past) {
      const { schema, rows } = await ours(of, snapshotId);
      const versions = [String(snapshotId), ...(tag === undefined ? [] : [`'${tag}'`])];
      for (const version of versions) {
        const theirs = await query(`SELECT ${columns(schema, 'to_hex')} FROM ${await named(of)} FOR VERSION AS OF ${version}`, { port: server.port });
        expectSame(schema, canonicalRows(schema, theirs.rows), canonicalRows(schema, rows));
      }
    }
  }), 10 * MINUTES);

  test('finds the same rows where it prunes by partitions and bounds', eachTable(async (of) => {
    if (!hasEveryType(of)) return;
    const table = await named(of);
    for (const filter of FILTERS) {
      const theirs = await query(`SELECT id FROM ${table} WHERE ${engineSql(filter, of.table.schema)}`, { port: server.port });
      expectSameIds(filter, theirs.rows, await matching(of, filter));
    }
  }), 10 * MINUTES);
});

describe('Spark', () => {
  let process: LineProcess;
  beforeAll(async () => {
    const { python, jar } = spark();
    process = new LineProcess(python, [join(READERS, 'spark_sql.py'), join(folder, 'lake'), jar], { TZ: 'UTC', PYTHONDONTWRITEBYTECODE: '1' });
    await process.next();
  }, 5 * MINUTES);
  afterAll(() => process.stop());

  const ask = async (sql: string): Promise<Canonical[][]> => (await process.ask<{ rows: Canonical[][] }>(sql)).rows;
  // Python has no way to hold what Spark gives it of the first year.
  const sparkColumns = (schema: Schema): string => schema.fields.map(({ name, type }) =>
    (type === 'timestamp' || type === 'timestamptz' ? `CAST(\`${name}\` AS STRING)` : `\`${name}\``)).join(', ');

  // Spark has no type for times of day.
  test('reads equal values', eachTable(async (of) => {
    const { schema, rows } = await ours(of);
    const theirs = await ask(`SELECT ${sparkColumns(schema)} FROM lake.${NAMESPACE}.${of.name}`);
    expectSame(schema, canonicalRows(schema, theirs, canonicalOfPython as typeof canonical), canonicalRows(schema, rows));
  }, ['times']), 10 * MINUTES);

  test('reads equal values of the past', eachTable(async (of) => {
    for (const { snapshotId, tag } of of.past) {
      const { schema, rows } = await ours(of, snapshotId);
      for (const version of [String(snapshotId), ...(tag === undefined ? [] : [`'${tag}'`])]) {
        const theirs = await ask(`SELECT ${sparkColumns(schema)} FROM lake.${NAMESPACE}.${of.name} VERSION AS OF ${version}`);
        expectSame(schema, canonicalRows(schema, theirs, canonicalOfPython as typeof canonical), canonicalRows(schema, rows));
      }
    }
  }, ['times']), 10 * MINUTES);

  test('finds the same rows where it prunes by partitions and bounds', eachTable(async (of) => {
    if (!hasEveryType(of)) return;
    for (const filter of FILTERS) {
      const theirs = await ask(`SELECT id FROM lake.${NAMESPACE}.${of.name} WHERE ${engineSql(filter, of.table.schema, 'spark')}`);
      expectSameIds(filter, theirs, await matching(of, filter));
    }
  }, ['times']), 20 * MINUTES);
});

describe('PyIceberg', () => {
  interface Read { metadata: string; snapshotId?: string; filter?: string; columns?: string[] }

  function read(reads: readonly Read[]): Canonical[][][] {
    const output = execFileSync(pyicebergPython(), [join(READERS, 'pyiceberg_read.py')], {
      input: JSON.stringify(reads), maxBuffer: 2 ** 30, stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    });
    return output.toString('utf8').trim().split('\n').map((line) => {
      const answer = JSON.parse(line) as { rows?: Canonical[][]; error?: string };
      if (answer.rows === undefined) throw new Error(answer.error);
      return answer.rows;
    });
  }
  const metadataOf = (of: CorpusTable): string => of.table.pointer.metadataLocation;

  test('reads equal values, now and of the past', async () => {
    const reads = corpus.flatMap((of) => [{ of, snapshotId: undefined }, ...of.past.map(({ snapshotId }) => ({ of, snapshotId }))]);
    const abilities = { nullNested: false }; // it takes a NULL list of structs for an empty one
    const theirs = read(reads.map(({ of, snapshotId }) => ({ metadata: metadataOf(of), ...(snapshotId === undefined ? {} : { snapshotId: String(snapshotId) }) })));
    for (const [at, { of, snapshotId }] of reads.entries()) {
      const { schema, rows } = await ours(of, snapshotId);
      expectSame(schema, canonicalRows(schema, theirs[at] ?? [], canonicalOfPython as typeof canonical, abilities), canonicalRows(schema, rows, canonical, abilities), of.name);
    }
  }, 10 * MINUTES);

  test('finds the same rows where it prunes by partitions and bounds', async () => {
    const reads = corpus.filter((of) => hasEveryType(of) && of.name !== 'empty').flatMap((of) => FILTERS.map((filter) => ({ of, filter })));
    const theirs = read(reads.map(({ of, filter }) => ({ metadata: metadataOf(of), filter: pyicebergText(filter, of.table.schema), columns: ['id'] })));
    for (const [at, { of, filter }] of reads.entries()) {
      expectSameIds(filter, theirs[at] ?? [], await matching(of, filter));
    }
  }, 20 * MINUTES);
});

describe('chDB', () => {
  let process: LineProcess;
  beforeAll(() => {
    process = new LineProcess('node', [join(READERS, 'chdb_read.cjs'), chdbFolder(), join(folder, 'lake', NAMESPACE)]);
  }, 5 * MINUTES);
  afterAll(() => process.stop());

  // ClickHouse keeps dates from 1900 to 2299 only, times of day in seconds, and no NULL in place of a list, a map or a tuple.
  const WITHIN_ITS_DATES = 'id < 100 OR id = 102';
  const WITHOUT = ['times'];

  test('reads equal values', eachTable(async (of) => {
    const { schema, rows } = await ours(of, undefined, WITHIN_ITS_DATES);
    const theirs = await process.ask<{ rows: unknown[][] }>(`SELECT ${columns(schema, 'hex')} FROM icebergLocal('${of.name}') WHERE ${WITHIN_ITS_DATES}`);
    const abilities = { nullNested: false };
    expectSame(schema, canonicalRows(schema, theirs.rows, canonical, abilities), canonicalRows(schema, rows, canonical, abilities));
  }, WITHOUT), 10 * MINUTES);
});

/** A filter in the SQL of Trino or Spark. */
function engineSql(filter: Predicate, schema: Schema, engine: 'trino' | 'spark' = 'trino'): string {
  const quoted = (name: string): string => (engine === 'trino' ? quoteName(name) : `\`${name}\``);
  switch (filter.op) {
    case 'and': case 'or': return filter.of.map((each) => `(${engineSql(each, schema, engine)})`).join(` ${filter.op.toUpperCase()} `);
    case 'is_null': return `${quoted(filter.column)} IS NULL`;
    case 'not_null': return `${quoted(filter.column)} IS NOT NULL`;
    case 'in': return `${quoted(filter.column)} IN (${filter.values.map((value) => literal(typeOf(schema, filter.column), value)).join(', ')})`;
    case 'eq': case 'ge': case 'gt': case 'lt': {
      const type = typeOf(schema, filter.column);
      const text = engine === 'spark' && type === 'timestamp' ? literal(type, filter.value).replace('TIMESTAMP', 'TIMESTAMP_NTZ') : literal(type, filter.value);
      return `${quoted(filter.column)} ${{ eq: '=', ge: '>=', gt: '>', lt: '<' }[filter.op]} ${engine === 'spark' ? text.replace(' UTC', '+00:00') : text}`;
    }
    default: throw new Error(`no filter ${filter.op} is in the corpus`);
  }
}

function typeOf(schema: Schema, column: string): PrimitiveType {
  return schema.fields.find((field) => field.name === column)?.type as PrimitiveType;
}

function literal(type: PrimitiveType, value: Value): string {
  switch (type) {
    case 'string': return `'${String(value).replaceAll("'", "''")}'`;
    case 'date': return `DATE '${new Date(Number(value) * 86_400_000).toISOString().slice(0, 10)}'`;
    case 'timestamp': return `TIMESTAMP '${instant(value)}'`;
    case 'timestamptz': return `TIMESTAMP '${instant(value)} UTC'`;
    default: return String(value);
  }
}

function instant(micros: Value): string {
  return new Date(Number(micros as bigint / 1000n)).toISOString().replace('T', ' ').slice(0, 19);
}

/** A filter as PyIceberg parses it. */
function pyicebergText(filter: Predicate, schema: Schema): string {
  switch (filter.op) {
    case 'and': return filter.of.map((each) => `(${pyicebergText(each, schema)})`).join(' and ');
    case 'is_null': return `${filter.column} is null`;
    case 'not_null': return `${filter.column} is not null`;
    default: {
      const sql = engineSql(filter, schema).replaceAll('"', '');
      return sql.replace(/(?:DATE|TIMESTAMP) '(.*?)( UTC)?'/g, (_, text: string, zone: string | undefined) => `'${text.replace(' ', 'T')}${zone === undefined ? '' : '+00:00'}'`);
    }
  }
}

