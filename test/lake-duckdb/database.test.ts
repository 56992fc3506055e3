import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MillraceError } from '../../lib/base/index.ts';
import { Database, quoteText, type Session } from '../../lib/lake/duckdb/index.ts';

let database: Database;
let session: Session;
beforeAll(async () => {
  database = await Database.open({ memoryLimit: '500MB', threads: 2 });
  session = await database.connect();
});
afterAll(() => database.close());

async function failure(sql: string, where?: string): Promise<MillraceError> {
  return await session.rows(sql, { where }).then(() => expect.fail('no error'), (error: MillraceError) => error);
}

test('results keep every digit', async () => {
  const [row] = await session.rows(`SELECT 9223372036854775807 AS big, 170141183460469231731687303715884105727::HUGEINT AS huge, 0.1::DECIMAL(38,20) AS exact,
    TIMESTAMP '2018-02-17 23:30:00.000001' AS ts, TIMESTAMPTZ '2018-02-17 23:30:00.5-03' AS tz, DATE '0001-01-01' AS d, TIME '23:59:59.999999' AS t,
    '\\x00\\xFF'::BLOB AS bytes, [1, NULL] AS list, {'a': 1::BIGINT} AS struct, MAP {'k': 1.5::DECIMAL(3,1)} AS map, 1.5::DOUBLE AS x, 'é' AS s, NULL AS nothing`);
  expect(row).toEqual({
    big: 9223372036854775807n, huge: 170141183460469231731687303715884105727n, exact: '0.10000000000000000000',
    ts: '2018-02-17 23:30:00.000001', tz: '2018-02-18 02:30:00.5+00', d: '0001-01-01', t: '23:59:59.999999',
    bytes: Uint8Array.of(0, 255), list: [1, null], struct: { a: 1n }, map: [{ key: 'k', value: '1.5' }], x: 1.5, s: 'é', nothing: null,
  });
});

test('times are in UTC whatever zone the machine is in, in every session', async () => {
  expect(await database.use((other) => other.value(`SELECT TIMESTAMPTZ '2020-07-01 12:00:00' = TIMESTAMPTZ '2020-07-01 12:00:00+00'`))).toBe(true);
});

test('temporary tables belong to one session', async () => {
  await session.run('CREATE TEMP TABLE mine AS SELECT 1 AS a');
  await expect(database.use((other) => other.rows('FROM mine'))).rejects.toThrow('mine does not exist');
});

test('nothing is fetched from a network', async () => {
  expect(await session.value(`SELECT current_setting('autoinstall_known_extensions')`)).toBe(false);
  await expect(session.rows(`FROM read_parquet('s3://bucket/file.parquet')`)).rejects.toThrow(MillraceError);
});

test('a long result streams in batches', async () => {
  let rows = 0;
  let batches = 0;
  for await (const batch of session.stream('SELECT i, i::VARCHAR FROM range(10000) r(i)')) {
    rows += batch.length;
    batches += 1;
  }
  expect(rows).toBe(10_000);
  expect(batches).toBeGreaterThan(1);
});

describe('an error', () => {
  test('says where in the SQL, also behind other alphabets', async () => {
    const error = await failure(`SELECT 'Ö😀' AS a,\n  Größe FROM range(3)`, 'gold.metrics');
    expect(error).toMatchObject({ code: 'bad_input', where: 'gold.metrics, SQL line 2, column 3: Größe FROM range(3)' });
    expect(error.message).toContain('Referenced column "Größe" not found');
  });

  test('of syntax has its place too', async () => {
    expect(await failure(`SELECT 'Ö' FORM t`)).toMatchObject({ code: 'bad_input', where: 'SQL line 1, column 17: t' });
  });

  test('of the disk is one of io', async () => {
    expect(await failure(`COPY (SELECT 1) TO '/nowhere/x.parquet'`)).toMatchObject({ code: 'io' });
  });

  test('of memory says what to do', async () => {
    const small = await Database.open({ memoryLimit: '50MB', threads: 1, settings: { temp_directory: '' } });
    const error = await small.use((each) => each.run(`CREATE TABLE t AS SELECT i, md5(i::VARCHAR) || md5((i + 1)::VARCHAR) AS s FROM range(5000000) r(i)`))
      .then(() => expect.fail('no error'), (thrown: MillraceError) => thrown);
    expect(error).toMatchObject({ code: 'io', todo: 'Give DuckDB more memory, or a folder to spill to.' });
    small.close();
  });
});

describe('an abort', () => {
  const endless = 'SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE hash(a.range + b.range) = 5';

  test('interrupts a query that runs, and the session goes on', async () => {
    const started = Date.now();
    await expect(session.rows(endless, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ code: 'interrupted' });
    expect(Date.now() - started).toBeLessThan(3000);
    expect(await session.value('SELECT 42')).toBe(42);
  });

  test('that comes at once is heard as well', async () => {
    const controller = new AbortController();
    const query = session.rows(endless, { signal: controller.signal });
    controller.abort();
    await expect(query).rejects.toMatchObject({ code: 'interrupted' });
  });

  test('that came before keeps the query from starting', async () => {
    await expect(session.rows('SELECT 1', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'interrupted' });
  });
});

test('any text can be a literal', async () => {
  for (const text of ["it's", '\0', 'a\0b\0', '', '\\x00', "';DROP TABLE x--"]) expect(await session.value(`SELECT ${quoteText(text)}`)).toBe(text);
});
