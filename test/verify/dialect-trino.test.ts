// The dialect against a live Trino: what was recorded still holds, and random expressions and queries give what DuckDB gives.
// MILLRACE_FUZZ_SEED and MILLRACE_FUZZ_ROUNDS (default 40) choose other and more of them; MILLRACE_TRINO names a running server.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MillraceError } from '../../lib/base/index.ts';
import { analyse } from '../../lib/warehouse/dialect/index.ts';
import { Duck } from '../warehouse/dialect/support/duckdb.ts';
import { answers, asQuery, type Answer } from '../warehouse/dialect/support/expectations.ts';
import { Random } from '../warehouse/dialect/support/random.ts';
import { COLUMNS, FAMILIES, RandomExpressions, ROW_COUNT, TABLE } from '../warehouse/dialect/support/random-expressions.ts';
import { RandomRegexes, TEXTS } from '../warehouse/dialect/support/random-regexes.ts';
import { RandomQueries, randomTable, TABLE_COLUMNS } from '../warehouse/dialect/support/random-queries.ts';
import { equal, normal, plainType } from '../warehouse/dialect/support/values.ts';
import { trinoOfFile } from './support/trino-of-file.ts';
import { trinoAnswer } from './support/trino-answer.ts';

const seed = Number(process.env['MILLRACE_FUZZ_SEED'] ?? Date.now() % 1_000_000);
const rounds = Number(process.env['MILLRACE_FUZZ_ROUNDS'] ?? 40);

const address = trinoOfFile();
const port = () => Number(new URL(address()).port);
let duck: Duck;
beforeAll(async () => {
  duck = await Duck.open();
});
afterAll(() => (duck as Duck | undefined)?.close());

const refused = (sql: string, columns: readonly (readonly [string, string])[]) => {
  try {
    analyse(sql, tables(columns));
    return false;
  } catch (error) {
    if (error instanceof MillraceError) return true;
    throw error;
  }
};
const tables = (columns: readonly (readonly [string, string])[]) => ({ columns: () => columns.map(([name, type]) => ({ name, type })), relation: ({ name }: { name: string }) => name });

describe('what was recorded', () => {
  it('is what Trino still answers', async () => {
    const changed: unknown[] = [];
    for (const [line, before] of answers()) {
      const now = await trinoAnswer(asQuery(line), port());
      if (!sameAnswer(now, before)) changed.push({ line, before, now });
    }
    expect(changed).toEqual([]);
  }, 600_000);
});

function sameAnswer(a: Answer, b: Answer): boolean {
  if ('error' in a || 'error' in b) return 'error' in a && 'error' in b && a.error === b.error;
  const rows = ({ rows, types }: typeof a) => rows.map((row) => row.map((value, index) => normal(value, plainType(types[index] ?? ''))));
  return equal([...a.types], [...b.types]) && equal(rows(a), rows(b));
}

describe(`random expressions (seed ${seed})`, () => {
  it('have the same type and give the same values, row by row', async () => {
    await duck.run(`CREATE OR REPLACE TABLE t AS ${analyse(`SELECT * FROM ${TABLE}`, { columns: () => undefined }).sql}`);
    const found: string[] = [];
    let [compared, oneFailed] = [0, 0];
    for (let round = 0; round < rounds; round++) {
      const source = new RandomExpressions(seed + round);
      for (const expression of someAllowed(source, 20, 1 + (round % 3))) {
        const trino = await trinoAnswer(`SELECT try(${expression}) FROM ${TABLE}`, port());
        const { sql, columns: [column] } = analyse(`SELECT ${expression} FROM t`, tables(COLUMNS));
        if ('error' in trino) {
          // A fault of its own that try() does not catch.
          if (trino.error !== 'GENERIC_INTERNAL_ERROR') found.push(`${expression}: Trino refuses it with ${trino.error}`);
          continue;
        }
        const type = column?.type ?? '';
        if (plainType(trino.types[0] ?? '') !== plainType(type) && trino.types[0] !== 'unknown') found.push(`${expression}: ${type}, in Trino ${trino.types[0]}`);
        for (let row = 0; row < ROW_COUNT; row++) {
          // Each row on its own: in Trino try() gives NULL where it fails.
          const ours = await duck.run(`${sql} WHERE t_1.rowid = ${row}`).catch((error: Error) => ({ failed: error.message }));
          const theirs = normal(trino.rows[row]?.[0], plainType(type));
          compared++;
          if ('failed' in ours) {
            if (/Binder|Parser|Catalog|INTERNAL/.test(ours.failed)) found.push(`${expression}: ${ours.failed}`);
            else if (theirs !== null) oneFailed++;
            continue;
          }
          const value = normal(ours.rows[0]?.[0], plainType(type));
          if (equal(value, theirs)) continue;
          if (theirs === null) oneFailed++;
          else found.push(`${expression}: row ${row} gives ${JSON.stringify(value)}, in Trino ${JSON.stringify(theirs)}`);
        }
      }
    }
    expect(found).toEqual([]);
    // Which operand is looked at first, and whether a sum is taken at all, is each optimiser's own choice; so is then whether it fails.
    expect(oneFailed / compared).toBeLessThan(0.01);
  }, 1_800_000);
});

function someAllowed(source: RandomExpressions, count: number, depth: number): string[] {
  const expressions: string[] = [];
  while (expressions.length < count) {
    const expression = source.of(source.random.pick(FAMILIES), depth);
    // A remainder of doubles, and a function that swings, make much of a last bit.
    if (/\b(tan|sin|cos|asin|acos)\(/.test(expression) || (/ % |mod\(/.test(expression) && /\bd2?\b|e0|e10/.test(expression))) continue;
    if (!refused(`SELECT ${expression} FROM t`, COLUMNS)) expressions.push(expression);
  }
  return expressions;
}

describe(`random queries (seed ${seed})`, () => {
  it('give the same rows', async () => {
    const random = new Random(seed);
    const [a, b] = [randomTable(random, 24, 0), randomTable(random, 15, 12)];
    for (const [name, sql] of [['a', a], ['b', b]]) await duck.run(`CREATE OR REPLACE TABLE ${name} AS ${analyse(sql ?? '', { columns: () => undefined }).sql}`);
    const queries = new RandomQueries(random);
    const found: string[] = [];
    for (let round = 0; round < rounds * 10; round++) {
      const sql = queries.next();
      if (refused(sql, TABLE_COLUMNS)) continue;
      const trino = await trinoAnswer(`WITH a AS (${a}), b AS (${b}) ${sql}`, port());
      const ours = await duck.answer(sql, tables(TABLE_COLUMNS)).catch((error: Error) => ({ failed: error.message }));
      if ('error' in trino || 'failed' in ours) {
        if (!('error' in trino && 'failed' in ours)) found.push(`${sql}: ${'failed' in ours ? ours.failed : `Trino fails with ${(trino as { error: string }).error}`}`);
        continue;
      }
      const rows = (from: readonly (readonly unknown[])[]) => from.map((row) => row.map((value, index) => rounded(normal(value, plainType(ours.types[index] ?? '')))));
      const sorted = (from: unknown[][]) => (sql.includes('LIMIT') ? from : from.map((row) => JSON.stringify(row)).sort());
      if (!equal(trino.types.map(plainType), ours.types.map(plainType))) found.push(`${sql}: ${ours.types.join()}, in Trino ${trino.types.join()}`);
      if (JSON.stringify(sorted(rows(ours.rows))) !== JSON.stringify(sorted(rows(trino.rows)))) found.push(`${sql}: other rows`);
    }
    expect(found).toEqual([]);
  }, 1_800_000);
});

const rounded = (value: unknown): unknown => (typeof value === 'number' ? Number(value.toPrecision(9)) : value);

describe(`random regular expressions (seed ${seed})`, () => {
  it('match, extract and replace the same', async () => {
    const source = new RandomRegexes(new Random(seed));
    const table = `(VALUES ${TEXTS.map((text) => `('${text.replaceAll('\n', "' || chr(10) || '")}')`).join(', ')}) AS t(s)`;
    const found: string[] = [];
    for (let round = 0; round < rounds; round++) {
      const expressions: string[] = [];
      while (expressions.length < 20) {
        const expression = source.next();
        if (!refused(`SELECT ${expression} FROM t`, [['s', 'varchar']])) expressions.push(expression);
      }
      const sql = `SELECT ${expressions.join(', ')} FROM ${table}`;
      const [trino, ours] = [await trinoAnswer(sql, port()), await duck.answer(sql)];
      if ('error' in trino) throw new Error(`Trino fails with ${trino.error}: ${sql}`);
      for (const [column, expression] of expressions.entries()) {
        for (const [row, text] of TEXTS.entries()) {
          const [here, there] = [ours.rows[row]?.[column], trino.rows[row]?.[column]];
          if (!equal(here, there)) found.push(`${expression} of ${JSON.stringify(text)} gives ${JSON.stringify(here)}, in Trino ${JSON.stringify(there)}`);
        }
      }
    }
    expect(found).toEqual([]);
  }, 1_800_000);
});

describe('time zones', () => {
  it('turn clocks to instants and back as Trino does, before and after every change', async () => {
    const zones = ['America/Sao_Paulo', 'Europe/Berlin', 'Europe/London', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'Pacific/Apia', 'Africa/Casablanca'];
    const random = new Random(seed);
    const found: string[] = [];
    for (const zone of zones) {
      const near = Array.from({ length: 150 }, () => nearChange(zone, random));
      const list = near.map((time) => `(TIMESTAMP '${new Date(time).toISOString().replace('T', ' ').replace('Z', '000')}')`).join(', ');
      const sql = `SELECT t, CAST(with_timezone(t, '${zone}') AT TIME ZONE 'UTC' AS timestamp(6)), CAST(with_timezone(t, 'UTC') AT TIME ZONE '${zone}' AS timestamp(6)) FROM (VALUES ${list}) AS v(t)`;
      const trino = await trinoAnswer(sql, port());
      const ours = await duck.answer(sql);
      if ('error' in trino) throw new Error(trino.error);
      const plain = (rows: readonly (readonly unknown[])[]) => rows.map((row) => row.map((value) => normal(value, 'timestamp(6)'))).sort();
      const theirs = plain(trino.rows);
      for (const [index, row] of plain(ours.rows).entries()) if (!equal(row, theirs[index])) found.push(`${zone}: ${JSON.stringify(row)}, in Trino ${JSON.stringify(theirs[index])}`);
    }
    expect(found).toEqual([]);
  }, 300_000);
});

/** A time within a day of a change of the zone's clock, or any other where it has none in the year that was drawn. */
function nearChange(zone: string, random: Random): number {
  const clock = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  const offset = (time: number) => clock.formatToParts(time).find(({ type }) => type === 'timeZoneName')?.value;
  const start = Date.UTC(1975 + Math.floor(random.next() * 60), Math.floor(random.next() * 12), 1);
  for (let time = start; time < start + 366 * 86_400_000; time += 86_400_000) {
    if (offset(time) !== offset(time + 86_400_000)) return time + Math.floor((random.next() * 3 - 1) * 1440) * 60_000;
  }
  return start + Math.floor(random.next() * 8760) * 3_600_000;
}
