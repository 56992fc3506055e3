// Whatever a file holds, its rows are all accounted for; and both readers give the values that were written.
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { source, text } from '../../lib/contracts/index.ts';
import { ExactCsvReader } from '../../lib/ingest/csv/exact-reader.ts';
import { contractsOf, openTestHome, type TestHome } from './home.ts';

const free = source('free', {
  description: 'Any text.', owner: 'test', version: '1.0', timeZone: 'UTC', files: { names: [] },
  columns: { a: text({ nullable: true }), b: text({ nullable: true }), c: text({ nullable: true }) },
});

let home: TestHome;
beforeEach(async () => { home = await openTestHome({ contracts: contractsOf(free) }); });
afterEach(() => home.close());

const field = fc.oneof(
  fc.string({ unit: 'grapheme' }).map((value) => value.toWellFormed().replaceAll('\0', '')),
  fc.constantFrom('', '"', ',', 'a,b', 'line\nline', 'line\r\nline', '\r', ' x ', '5" pipe', 'NULL', '\\N', '#', 'ação', '\u{1F600}'),
);
const table = fc.record({
  rows: fc.array(fc.tuple(field, field, field), { minLength: 1, maxLength: 30 }),
  lineEnd: fc.constantFrom('\n', '\r\n'), lastLineEnds: fc.boolean(), mark: fc.boolean(), always: fc.boolean(),
});

const quoted = (value: string, always: boolean): string => (always || /[",\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

test.each([['held in memory, read exactly', undefined], ['read by DuckDB where they lie', 0]])('tables of any text, %s, come back value by value', async (_, memoryLimit) => {
  let round = 0;
  const readers = new Map<string | undefined, number>();
  await fc.assert(fc.asyncProperty(fc.array(table, { minLength: 1, maxLength: 8 }), async (tables) => {
    round++;
    for (const [number, { rows, lineEnd, lastLineEnds, mark, always }] of tables.entries()) {
      const lines = [['a', 'b', 'c'], ...rows].map((row) => row.map((value) => quoted(value, always)).join(','));
      // The first field says which table it is, so that no two files have the same bytes.
      const text = lines.map((line, at) => (at === 0 ? `id,${line}` : `${round}-${number}-${at},${line}`)).join(lineEnd) + (lastLineEnds ? lineEnd : '');
      home.put(`free/${round}-${number}.csv`, (mark ? '\ufeff' : '') + text);
    }
    const report = await home.ingest({ memoryLimit });
    const landed = report.files.filter(({ status }) => status !== 'seen');
    for (const { reader } of landed) readers.set(reader, (readers.get(reader) ?? 0) + 1);
    expect(landed.map(({ status, rejected }) => [status, rejected])).toEqual(tables.map(() => ['landed', 0]));
    for (const [number, { rows }] of tables.entries()) {
      const found = await home.rows('bronze.free', `SELECT a, b, c FROM t WHERE _file = 'free/${round}-${number}.csv' ORDER BY _row`);
      expect(found).toEqual(rows.map(([a, b, c]) => ({ a: a === '' ? null : a, b: b === '' ? null : b, c: c === '' ? null : c })));
    }
  }), { numRuns: 12 });
  expect(readers.get('duckdb') ?? 0).toBeGreaterThan(memoryLimit === undefined ? -1 : readers.get('exact') ?? 0);
}, 120_000);

test('any bytes behind a header: accepted + rejected is what the exact reader finds, and the lake agrees', async () => {
  const parts = fc.array(fc.constantFrom('"', '""', ',', ',', '\n', '\n', '\r', 'a', 'é', '\0', ' ', '",', ',"', '"\n', 'b,c,d\n', Buffer.from([0xe3]).toString('latin1')), { maxLength: 40 });
  const body = fc.oneof(parts.map((each) => Buffer.from(each.join(''), 'latin1')), parts.map((each) => Buffer.from(each.join(''))));
  let round = 0;
  await fc.assert(fc.asyncProperty(fc.array(body, { minLength: 6, maxLength: 6 }), async (bodies) => {
    round++;
    const expected = bodies.map((bytes, number) => {
      // Many good rows, so that no file is taken for one in another encoding.
      const content = Buffer.concat([Buffer.from(`a,b,c\n${`${round},${number},x\n`.repeat(900)}`), bytes]);
      home.put(`free/${round}-${number}.csv`, content);
      let records = 0;
      const reader = new ExactCsvReader({ delimiter: ',', fields: 3 });
      reader.push(content.subarray(6), () => { records++; });
      reader.finish(() => { records++; });
      return records;
    });
    const report = await home.ingest({ memoryLimit: round % 2 === 0 ? 0 : undefined });
    const fresh = report.files.filter(({ status }) => status !== 'seen');
    expect(fresh.map(({ rows }) => rows)).toEqual(expected);
    const total = fresh.reduce((sum, { rows }) => sum + rows, 0);
    expect(await home.count('bronze.free', `_file LIKE 'free/${round}-%'`) + await home.count('bronze.rejected', `_file LIKE 'free/${round}-%'`)).toBe(total);
  }), { numRuns: 8 });
}, 120_000);

test('a header of which the contract knows nothing is refused, even where all columns may be missing', async () => {
  home.put('free/a.csv', '1,2,3\n4,5,6\n');
  expect((await home.ingest()).files[0]?.error).toMatchObject({ message: 'the header does not match free: a, b, c are missing; it has 1, 2, 3', todo: 'Does the file begin with a header?' });
});

test('a file that DuckDB takes in by stretches has every row once, under its own number', async () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `${i},"text ${i}\n, second line",${i % 4_000 === 5 ? '"",surplus' : 'x'}`);
  home.put('free/broken.csv', `a,b,c\n${lines.join('\n')}`);
  home.put('free/whole.csv', `a,b,c\r\n${lines.map((line) => line.replace(',surplus', '')).join('\r\n')}\r\n`);
  const report = await home.ingest({ memoryLimit: 0, stretchBytes: 100_000 });
  expect(report.files.map(({ reader, accepted, rejected }) => [reader, accepted, rejected])).toEqual([['exact', 19_995, 5], ['duckdb', 20_000, 0]]);
  expect(await home.rows('bronze.free', 'SELECT _file, count(*) AS n, count(*) FILTER (a::BIGINT + 1 = _row) AS right FROM t GROUP BY 1 ORDER BY 1')).toEqual([
    { _file: 'free/broken.csv', n: 19_995n, right: 19_995n }, { _file: 'free/whole.csv', n: 20_000n, right: 20_000n },
  ]);
  expect(await home.rows('bronze.rejected', 'SELECT _row, line FROM t ORDER BY 1')).toEqual([0, 1, 2, 3, 4].map((i) => ({ _row: BigInt(i * 4_000 + 6), line: BigInt((i * 4_000 + 5) * 2 + 2) })));
});
