// Which rows the typed relation keeps, and that every row it leaves out is counted under a name.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dropCountsSelect, id, latestDateSelect, rowHash, source, text, timestamp, typedSelect, type Contract } from '../../lib/contracts/index.ts';
import { DUCKDB_PRELUDE, toDuckDb } from '../../lib/warehouse/dialect/index.ts';
import { openDuckDb, rowsOf, textTable } from './duckdb.ts';
import { bronzeTypes } from './typed-cases.ts';

const columns = { k: id(), at: timestamp(), v: text({ nullable: true }) };
const base = { description: 'Rows that come again.', owner: 'tests', version: '1.0', files: {}, timeZone: 'Europe/London', eventTime: 'at', columns } as const;
const byKey = source('rows', { ...base, key: ['k', 'at'] });
const byRow = source('rows', { ...base, duplicates: 'row' });
const all = source('rows', base);
const streamed = source('rows', { ...base, stream: { partitionKey: 'k' } });
const byId = source('rows', { ...base, key: ['v'], duplicates: 'first', stream: { partitionKey: 'k' } });
const streamedByKey = source('rows', { ...base, key: ['k', 'at'], stream: { partitionKey: 'k' } });

/** Equal instants in several spellings: duplicates are found among values, not among texts. */
const TIMES = ['2018-06-01 12:00:00', '2018-06-01T12:00', '2018-06-01T11:00:00Z', '2018-06-02 12:00:00'];
interface Row { k: string; at: string; v: string | null; file: string; day: number; position?: string }
const row = fc.record({ k: fc.constantFrom('a', 'b', 'c'), at: fc.constantFrom(...TIMES), v: fc.constantFrom(null, 'x', 'y'), file: fc.constantFrom('f1', 'f2', 'f3'), day: fc.constantFrom(1, 2), position: fc.option(fc.constantFrom('1', '2', '3'), { nil: undefined }) });

const instant = (text: string): string => (text.startsWith('2018-06-02') ? 'later' : 'sooner');
/** A NULL equals a NULL here. */
const same = (a: Row, b: Row, of: readonly (keyof Row)[]): boolean => of.every((name) => (name === 'at' ? instant(a.at) === instant(b.at) : a[name] === b[name]));

async function run(contract: Contract, rows: readonly Row[]): Promise<{ kept: string[]; ids: string[]; counts: number[]; latest: unknown }> {
  const types = bronzeTypes(contract);
  const connection = await openDuckDb();
  for (const statement of DUCKDB_PRELUDE) await connection.run(statement);
  const stream = (position: string | undefined) => (contract.stream === undefined ? [] : position === undefined ? [null, null, null, null] : ['s', 'shard', position, '0']);
  await textTable(connection, 'bronze_text', types.map(({ name }) => name), rows.map(({ k, at, v, file, day, position }, index) => {
    const fromStream = contract.stream !== undefined && position !== undefined;
    return [k, at, v, ...(fromStream ? [null, null, null] : [`${file}.csv`, file, String(index)]), `2026-01-0${day} 00:00:00`, '1.0', ...stream(position)];
  }));
  await connection.run(`CREATE TABLE bronze AS SELECT ${types.map(({ name, type }) => `CAST("${name}" AS ${type.replace('(6)', '')}) AS "${name}"`).join(', ')} FROM bronze_text`);
  const duckDb = (sql: string) => toDuckDb(sql, { columns: () => types, relation: () => 'bronze' });
  const kept = await rowsOf(connection, `SELECT coalesce(CAST("_row" AS VARCHAR), k || '|' || "at" || '|' || coalesce(v, '')) AS r FROM (${duckDb(typedSelect(contract))}) ORDER BY r`);
  const ids = await rowsOf(connection, `SELECT v || CASE WHEN "at" < '2018-06-02' THEN ' sooner' ELSE ' later' END AS id FROM (${duckDb(typedSelect(contract))}) ORDER BY id`);
  const [counts] = await rowsOf(connection, duckDb(dropCountsSelect(contract)));
  const [[latest]] = (await rowsOf(connection, duckDb(`SELECT CAST("latest" AS varchar) FROM (${latestDateSelect(contract)!}) AS l`))) as [[unknown]];
  connection.closeSync();
  return { kept: kept.map(([each]) => String(each)), ids: ids.map(([each]) => String(each)), counts: counts!.map(Number), latest };
}

const order = (a: Row & { index: number }, b: Row & { index: number }): number => a.day - b.day || (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.index - b.index;

describe('duplicates', { timeout: 120_000 }, () => {
  it('by key leave the last row, and are told from rows that it superseded', async () => {
    for (const rows of fc.sample(fc.array(row, { minLength: 0, maxLength: 14 }), { numRuns: 12, seed: 5 })) {
      const indexed = rows.map((each, index) => ({ ...each, index }));
      const keptOf = (each: Row) => indexed.filter((other) => same(each, other, ['k', 'at'])).sort(order).at(-1)!;
      const kept = indexed.filter((each) => keptOf(each).index === each.index);
      const exact = indexed.filter((each) => keptOf(each).index !== each.index && same(each, keptOf(each), ['v'])).length;
      const seen = await run(byKey, rows);
      expect(seen.kept).toEqual(kept.map(({ index }) => String(index)).sort());
      expect(seen.counts).toEqual([rows.length, kept.length, exact, rows.length - kept.length - exact, 0, 0]);
      expect(seen.latest).toBe(rows.length === 0 ? null : rows.some(({ at }) => instant(at) === 'later') ? '2018-06-02' : '2018-06-01');
    }
  });

  it('by row leave the first of rows that are equal in every column', async () => {
    for (const rows of fc.sample(fc.array(row, { minLength: 0, maxLength: 14 }), { numRuns: 8, seed: 6 })) {
      const indexed = rows.map((each, index) => ({ ...each, index }));
      const kept = indexed.filter((each) => indexed.filter((other) => same(each, other, ['k', 'at', 'v'])).sort(order)[0]!.index === each.index);
      const seen = await run(byRow, rows);
      expect(seen.kept).toEqual(kept.map(({ index }) => String(index)).sort());
      expect(seen.counts).toEqual([rows.length, kept.length, rows.length - kept.length, 0, 0, 0]);
    }
  });

  it('without a rule leave every row, but a record of a stream that was delivered again', async () => {
    const rows: Row[] = [
      { k: 'a', at: TIMES[0]!, v: 'x', file: 'f1', day: 1 }, { k: 'a', at: TIMES[0]!, v: 'x', file: 'f1', day: 1 },
      { k: 'a', at: TIMES[0]!, v: 'x', file: '', day: 1, position: '1' }, { k: 'a', at: TIMES[0]!, v: 'x', file: '', day: 2, position: '1' }, { k: 'a', at: TIMES[0]!, v: 'x', file: '', day: 2, position: '2' },
    ];
    expect((await run(all, rows)).counts).toEqual([5, 5, 0, 0, 0, 0]);
    const seen = await run(streamed, rows);
    expect(seen.counts).toEqual([5, 4, 0, 0, 0, 1]);
    expect(seen.kept.length).toBe(4);
    const keyed = await run(streamedByKey, rows);
    expect(keyed.counts).toEqual([5, 1, 3, 0, 0, 1]);
    expect(keyed.kept.length).toBe(1);
  });

  it('are looked for by their key alone, once: deliveries are told apart only of rows whose key comes again', async () => {
    const types = bronzeTypes(streamedByKey);
    const connection = await openDuckDb();
    for (const statement of DUCKDB_PRELUDE) await connection.run(statement);
    await connection.run(`CREATE TABLE bronze (${types.map(({ name, type }) => `"${name}" ${type.replace('(6)', '')}`).join(', ')})`);
    await connection.run(`INSERT INTO bronze (k, "at", v, _stream, _shard, _sequence, _subsequence) VALUES ('a', '2018-06-01 12:00:00', 'x', 's', 'shard', '1', '0'), ('b', '2018-06-01 12:00:00', 'x', 's', 'shard', '2', '0')`);
    const sql = toDuckDb(`SELECT DISTINCT t.at__date FROM (${typedSelect(streamedByKey)}) AS t`, { columns: () => types, relation: () => 'bronze' });
    const plan = String((await rowsOf(connection, `EXPLAIN (FORMAT json) ${sql}`))[0]![1]);
    connection.closeSync();
    // The rows, those of such keys, and the keys.
    expect(plan.match(/SEQ_SCAN/g)).toHaveLength(3);
  });

  it('by key never bring an old version back because its record was delivered again', async () => {
    const old = { k: 'a', at: TIMES[0]!, file: '', position: '9' };
    const seen = await run(streamedByKey, [{ ...old, v: 'old', day: 1 }, { ...old, v: 'new', day: 1, position: '10' }, { ...old, v: 'old', day: 2 }]);
    expect(seen.kept).toEqual(['a|2018-06-01 11:00:00|new']);
    expect(seen.counts).toEqual([3, 1, 0, 1, 0, 1]);
  });

  it('by id leave what happened first, and rows without an id are told apart by what they say', async () => {
    const idOf = (each: Row) => each.v ?? `${each.k}|${each.at}`;
    for (const rows of fc.sample(fc.array(row, { minLength: 0, maxLength: 14 }), { numRuns: 12, seed: 7 })) {
      // A record says the same each time it is delivered.
      const position = (each: Row) => `${each.k}${each.at}${each.v}${each.position}`;
      const indexed = rows.map((each, index) => ({ ...each, index, position: each.position === undefined ? undefined : position(each) }));
      const once = indexed.filter((each) => each.position === undefined || indexed.every((other) => other.position !== each.position || other.day > each.day || (other.day === each.day && other.index >= each.index)));
      const ids = new Set(once.map(idOf));
      const seen = await run(byId, indexed);
      expect(seen.counts).toEqual([rows.length, ids.size, 0, 0, once.length - ids.size, rows.length - once.length]);
            const first = [...ids].map((each) => {
        const [kept] = once.filter((other) => idOf(other) === each).map(({ k, at, v }) => [v ?? rowHash(byId, { k, at }), instant(at)] as const).sort((x, y) => (x[1] < y[1] ? 1 : -1));
        return kept!.join(' ');
      });
      expect(seen.ids).toEqual(first.sort());
    }
  });

  it('has the same hash of a row in SQL and in JavaScript', async () => {
    const rows: Row[] = [{ k: 'ä', at: TIMES[1]!, v: null, file: 'f1', day: 1 }];
    expect((await run(byId, rows)).ids).toEqual([`${rowHash(byId, { k: 'ä', at: TIMES[1]!, v: null })} sooner`]);
    expect(rowHash(byId, { k: 'ä', at: TIMES[1]!, v: 'any' })).toBe(rowHash(byId, { k: 'ä', at: TIMES[1]!, v: '' }));
  });
});
