// Files land: once, whole, each row with a fate, whatever is wrong with them or their neighbours.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FileReport, Progress } from '../../lib/ingest/index.ts';
import { openTestHome, type TestHome } from './home.ts';

let home: TestHome;
beforeEach(async () => { home = await openTestHome(); });
afterEach(() => home.close());

const header = 'sale_id,item,amount,sold_at\n';
const salesCsv = (from: number, to: number): string => header + Array.from({ length: to - from }, (_, i) => `s${from + i},"item, ${from + i}",${i}.50,2024-01-02 03:04:05\n`).join('');
const byFile = (files: readonly FileReport[]): Record<string, string> => Object.fromEntries(files.map(({ file, status, accepted, rejected }) => [file, `${status} ${accepted}+${rejected}`]));

describe('a file', () => {
  test('becomes rows that say where they came from, every field the text that came', async () => {
    home.put('sales/a.csv', '\ufeffsale_id,item,amount,sold_at\r\n"s1","a ""quoted""\r\nitem",1.50,\r\ns2, spaced ,2,2024-01-02 03:04:05');
    const report = await home.ingest({ runId: 'run-1' });
    expect(report.totals).toMatchObject({ landed: 1, rows: 2, accepted: 2, rejected: 0 });
    expect(await home.rows('bronze.sales', 'SELECT sale_id, item, amount, sold_at, _file, _row, _contract_version FROM t ORDER BY _row')).toEqual([
      { sale_id: 's1', item: 'a "quoted"\r\nitem', amount: '1.50', sold_at: null, _file: 'sales/a.csv', _row: 1n, _contract_version: '1.0' },
      { sale_id: 's2', item: ' spaced ', amount: '2', sold_at: '2024-01-02 03:04:05', _file: 'sales/a.csv', _row: 2n, _contract_version: '1.0' },
    ]);
    expect(await home.rows('ops.files', 'SELECT source, _file, rows, accepted, rejected, reader, status, run_id FROM t')).toEqual([
      { source: 'sales', _file: 'sales/a.csv', rows: 2n, accepted: 2n, rejected: 0n, reader: 'exact', status: 'landed', run_id: 'run-1' },
    ]);
  });

  test('belongs to its source by folder or by official name, compressed or not', async () => {
    home.put('anywhere/sales.csv.gz', gzipSync(salesCsv(0, 3)));
    home.put('sales/2024/deep/whatever.txt', salesCsv(3, 5));
    home.put('notes.txt', 'hello');
    home.put('sales/.hidden.csv', 'x');
    home.put('sales/coming.csv.part', 'x');
    const report = await home.ingest();
    expect(byFile(report.files)).toEqual({ 'anywhere/sales.csv.gz': 'landed 3+0', 'notes.txt': 'unknown 0+0', 'sales/2024/deep/whatever.txt': 'landed 2+0' });
    expect(report.files.find(({ status }) => status === 'unknown')?.todo).toContain('landing folder of its source');
  });

  test('lands once: dropped again, renamed, compressed', async () => {
    home.put('sales/a.csv', salesCsv(0, 10));
    home.put('sales/copy.csv', salesCsv(0, 10));
    expect(byFile((await home.ingest()).files)).toEqual({ 'sales/a.csv': 'landed 10+0', 'sales/copy.csv': 'seen 0+0' });
    home.put('sales/renamed.csv', salesCsv(0, 10));
    home.put('sales/packed.csv.gz', gzipSync(salesCsv(0, 10)));
    const again = await home.ingest();
    expect(new Set(again.files.map(({ status }) => status))).toEqual(new Set(['seen']));
    expect(again.files.slice(0, 2).map(({ seenAs }) => seenAs)).toEqual(['sales/a.csv', 'sales/a.csv']);
    expect(await home.count('bronze.sales')).toBe(10);
    expect(await home.count('ops.files')).toBe(1);
  });

  test('that lies unchanged where it landed from is not read again; after a rollback of bronze it lands anew', async () => {
    home.put('sales/a.csv', salesCsv(0, 10));
    home.put('sales/b.csv', header);
    await home.ingest();
    const read: string[] = [];
    const onProgress = (progress: Progress): void => { if (progress.event === 'read') read.push(progress.file); };
    expect((await home.ingest({ onProgress })).totals).toMatchObject({ seen: 2 });
    expect(read).toEqual([]);
    await (await home.context.lake.loadTable({ namespace: 'bronze', name: 'sales' })).overwrite([], { all: true });
    expect(byFile((await home.ingest({ onProgress })).files)).toEqual({ 'sales/a.csv': 'landed 10+0', 'sales/b.csv': 'seen 0+0' });
    expect(read).toEqual(['sales/a.csv']);
    expect(await home.count('ops.files')).toBe(2);
  });

  test('with new bytes under an old name is a new file, and its rows are the later ones', async () => {
    home.put('sales/a.csv', salesCsv(0, 2));
    await home.ingest();
    home.put('sales/a.csv', salesCsv(0, 3));
    await home.ingest();
    expect(await home.count('bronze.sales')).toBe(5);
    expect(await home.rows('bronze.sales', 'SELECT count(*) AS n FROM t GROUP BY _file_id ORDER BY min(_ingested_at)')).toEqual([{ n: 2n }, { n: 3n }]);
  });

  test('of two dropped together the later by name has the later rows; part2 comes before part10', async () => {
    for (const part of [10, 2, 1]) home.put(`sales/part${part}.csv`, salesCsv(part * 10, part * 10 + 1));
    await home.ingest();
    expect((await home.rows('bronze.sales', 'SELECT _file FROM t ORDER BY _ingested_at')).map((row) => row['_file'])).toEqual(['sales/part1.csv', 'sales/part2.csv', 'sales/part10.csv']);
  });

  test('without a row leaves its mark, and is not read again', async () => {
    home.put('sales/header.csv', header);
    home.put('sales/nothing.csv', '');
    home.put('sales/blank.csv', '\n\n');
    expect(byFile((await home.ingest()).files)).toEqual({ 'sales/blank.csv': 'empty 0+0', 'sales/header.csv': 'empty 0+0', 'sales/nothing.csv': 'empty 0+0' });
    expect(new Set((await home.ingest()).files.map(({ status }) => status))).toEqual(new Set(['seen']));
    expect(await home.count('ops.files', "status = 'empty'")).toBe(3);
  });

  test('big enough for DuckDB is read by it, and gives the same rows', async () => {
    const text = salesCsv(0, 120_000);
    home.put('sales/big.csv', text);
    const report = await home.ingest();
    expect(report.files[0]).toMatchObject({ reader: 'duckdb', accepted: 120_000, bytes: Buffer.byteLength(text) });
    expect(await home.rows('bronze.sales', "SELECT count(*) AS n, count(DISTINCT _row) AS d, min(_row) AS lo, max(_row) AS hi, count(*) FILTER (sale_id = 's' || (_row - 1)) AS same FROM t"))
      .toEqual([{ n: 120_000n, d: 120_000n, lo: 1n, hi: 120_000n, same: 120_000n }]);
    expect(readdirSync(join(home.root, 'tmp')).filter((name) => name.endsWith('.csv'))).toEqual([]);
  });
});

describe('rows that do not conform', () => {
  test('are set aside with reason, place and bytes; the others land', async () => {
    home.put('sales/a.csv', `${header}s1,ok,1,\ns2,cheap,-1,\n,"no\nid",2,\ns4,few\ns5,unclosed,"3,\ns6,ok,4,never\n`);
    const report = await home.ingest();
    expect(report.files[0]).toMatchObject({ rows: 6, accepted: 1, rejected: 5 });
    expect(report.files[0]?.reasons).toEqual({
      'sales.amount.below_minimum': 1, 'sales.sale_id.missing': 1, 'sales.parse.too_few_fields': 1, 'sales.parse.unclosed_quote': 1, 'sales.sold_at.not_a_timestamp': 1,
    });
    const rows = await home.rows('bronze.rejected', 'SELECT source, _file, _row, line, byte_offset, reason, reasons, raw, raw_encoding FROM t ORDER BY _row');
    expect(rows.map((row) => ({ ...row, raw: Buffer.from(row['raw'] as Uint8Array).toString() }))).toEqual([
      { source: 'sales', _file: 'sales/a.csv', _row: 2n, line: 3n, byte_offset: 37n, reason: 'sales.amount.below_minimum', reasons: '["sales.amount.below_minimum"]', raw: 's2,cheap,-1,', raw_encoding: 'plain' },
      { source: 'sales', _file: 'sales/a.csv', _row: 3n, line: 4n, byte_offset: 50n, reason: 'sales.sale_id.missing', reasons: '["sales.sale_id.missing"]', raw: ',"no\nid",2,', raw_encoding: 'plain' },
      { source: 'sales', _file: 'sales/a.csv', _row: 4n, line: 6n, byte_offset: 62n, reason: 'sales.parse.too_few_fields', reasons: '["sales.parse.too_few_fields"]', raw: 's4,few', raw_encoding: 'plain' },
      { source: 'sales', _file: 'sales/a.csv', _row: 5n, line: 7n, byte_offset: 69n, reason: 'sales.parse.unclosed_quote', reasons: '["sales.parse.unclosed_quote"]', raw: 's5,unclosed,"3,', raw_encoding: 'plain' },
      { source: 'sales', _file: 'sales/a.csv', _row: 6n, line: 8n, byte_offset: 85n, reason: 'sales.sold_at.not_a_timestamp', reasons: '["sales.sold_at.not_a_timestamp"]', raw: 's6,ok,4,never', raw_encoding: 'plain' },
    ]);
  });

  test('in a file that DuckDB reads keep their own numbers and bytes', async () => {
    const lines = Array.from({ length: 120_000 }, (_, i) => (i % 30_000 === 7 ? `s${i},bad amount here,x${i},` : `s${i},"an item with a longer text, ${i}",1.5,`));
    home.put('sales/big.csv', header + lines.join('\n'));
    const report = await home.ingest();
    expect(report.files[0]).toMatchObject({ reader: 'duckdb', accepted: 119_996, rejected: 4 });
    const rows = await home.rows('bronze.rejected', 'SELECT _row, line, raw FROM t ORDER BY _row');
    expect(rows.map((row) => [row['_row'], row['line'], Buffer.from(row['raw'] as Uint8Array).toString()])).toEqual(
      [7, 30_007, 60_007, 90_007].map((i) => [BigInt(i + 1), BigInt(i + 2), lines[i]]));
  });

  test('of a source with personal data are encrypted, and personal columns are pseudonyms', async () => {
    home.put('people/people.csv', 'person_id,name,email,age\np1,Ada Lovelace,ADA@example.org,36\np2,  ada   lovelace ,,\np3,Charles Babbage,c@example.org,minus one\n');
    await home.ingest();
    const rows = await home.rows('bronze.people', 'SELECT person_id, name, email FROM t ORDER BY 1');
    expect(rows[0]?.['name']).toMatch(/^k1:[0-9a-f]{64}$/);
    expect(rows[1]?.['name']).toBe(rows[0]?.['name']);
    expect(rows[1]?.['email']).toBeNull();
    const [rejected] = await home.rows('bronze.rejected', 'SELECT raw, raw_encoding, message FROM t');
    expect(rejected?.['raw_encoding']).toBe('aes-256-gcm:k1');
    expect(Buffer.from(rejected?.['raw'] as Uint8Array).toString('latin1')).not.toContain('Babbage');
    expect(JSON.stringify(rejected?.['message'])).not.toContain('minus one');
  });
});

describe('columns', () => {
  test('are found by name, in any order, case or spelling that the contract knows', async () => {
    home.put('sales/a.csv', 'SOLD_AT , amount,Item,sale_id\n,1,x,s1\n');
    await home.ingest();
    expect(await home.rows('bronze.sales', 'SELECT sale_id, item, amount FROM t')).toEqual([{ sale_id: 's1', item: 'x', amount: '1' }]);
  });

  test('are separated by tabs in a .tsv, where the contract says nothing else', async () => {
    home.put('sales/a.tsv', 'sale_id\titem\tamount\ns1\ta, b\t1\n');
    expect(byFile((await home.ingest()).files)).toEqual({ 'sales/a.tsv': 'landed 1+0' });
  });

  test('that the contract does not know become columns of bronze, are left out, or refuse the rows', async () => {
    home.put('sales/a.csv', 'sale_id,item,amount,sold_at,Código da Loja\ns1,x,1,,42\n');
    home.put('sales/b.csv', salesCsv(10, 11));
    home.put('relaxed/a.csv', 'a,zzz,b\n1,secret,2\n');
    home.put('strict/a.csv', 'a,b,c\n1,2,3\n4,5,6\n');
    expect(byFile((await home.ingest()).files)).toEqual({ 'relaxed/a.csv': 'landed 1+0', 'sales/a.csv': 'landed 1+0', 'sales/b.csv': 'landed 1+0', 'strict/a.csv': 'empty 0+2' });
    expect(await home.rows('bronze.sales', 'SELECT sale_id, codigo_da_loja FROM t ORDER BY 1')).toEqual([{ sale_id: 's1', codigo_da_loja: '42' }, { sale_id: 's10', codigo_da_loja: null }]);
    expect(Object.keys((await home.rows('bronze.relaxed', 'SELECT * FROM t'))[0] ?? {})).not.toContain('zzz');
    expect(await home.rows('bronze.rejected', 'SELECT reason, message FROM t LIMIT 1')).toEqual([{ reason: 'strict.columns.unexpected', message: 'the contract does not know c' }]);
  });

  test('that are missing are NULL where they may be, else the file is refused by name', async () => {
    home.put('sales/a.csv', 'sale_id,item,amount\ns1,x,1\n');
    home.put('sales/b.csv', 'sale_id,item\ns1,x\n');
    home.put('sales/people.csv', 'person_id,name,email,age\np,n,e,1\n');
    const report = await home.ingest();
    expect(byFile(report.files)).toEqual({ 'sales/a.csv': 'landed 1+0', 'sales/b.csv': 'failed 0+0', 'sales/people.csv': 'failed 0+0' });
    expect(report.files[1]?.error?.message).toBe('the header does not match sales: amount is missing; it has sale_id, item');
    expect(report.files[2]?.error?.todo).toBe('It looks like a file of people.');
  });
});

describe('other formats', () => {
  test('JSON lines: values stay the text that came, bad lines are set aside', async () => {
    home.put('sales/a.jsonl', [
      '{"sale_id":"s1","item":"caf\\u00e9","amount":1.10,"sold_at":null,"big":12345678901234567890123,"nested":{"a": [1, 2]}}',
      '{"sale_id":"s2","item":"x","amount":"2"}', '{"sale_id":"s3","item":"x","amount":1,"amount":2}', '{"sale_id": oops', '[1]', '', '{"sale_id":"s4","item":"x","amount":-1}',
    ].join('\n'));
    const report = await home.ingest();
    expect(report.files[0]).toMatchObject({ rows: 6, accepted: 2, rejected: 4, reader: 'json' });
    expect(report.files[0]?.reasons).toEqual({ 'sales.parse.duplicate_key': 1, 'sales.parse.not_json': 1, 'sales.parse.not_an_object': 1, 'sales.amount.below_minimum': 1 });
    expect(await home.rows('bronze.sales', 'SELECT sale_id, item, amount, big, nested, _row FROM t ORDER BY 1')).toEqual([
      { sale_id: 's1', item: 'café', amount: '1.10', big: '12345678901234567890123', nested: '{"a": [1, 2]}', _row: 1n },
      { sale_id: 's2', item: 'x', amount: '2', big: null, nested: null, _row: 2n },
    ]);
    expect(await home.rows('bronze.rejected', 'SELECT _row, line FROM t ORDER BY 1')).toEqual([{ _row: 3n, line: 3n }, { _row: 4n, line: 4n }, { _row: 5n, line: 5n }, { _row: 6n, line: 7n }]);
  });

  test('Parquet: typed values become canonical text', async () => {
    const path = home.put('sales/a.parquet', '');
    await home.context.database.use((session) => session.run(
      `COPY (SELECT 's' || i AS sale_id, 'x' AS item, (CASE WHEN i = 3 THEN -1 ELSE i END)::DECIMAL(10,2) AS amount, TIMESTAMP '2024-01-02 03:04:05.678' AS sold_at, [i, 2] AS list FROM range(1, 4) t(i)) TO '${path}' (FORMAT parquet)`));
    const report = await home.ingest();
    expect(report.files[0]).toMatchObject({ rows: 3, accepted: 2, rejected: 1, reader: 'parquet' });
    expect(await home.rows('bronze.sales', 'SELECT sale_id, amount, sold_at, list, _row FROM t ORDER BY 1')).toEqual([
      { sale_id: 's1', amount: '1.00', sold_at: '2024-01-02 03:04:05.678', list: '[1,2]', _row: 1n }, { sale_id: 's2', amount: '2.00', sold_at: '2024-01-02 03:04:05.678', list: '[2,2]', _row: 2n },
    ]);
    const [rejected] = await home.rows('bronze.rejected', 'SELECT _row, raw FROM t');
    expect([rejected?.['_row'], Buffer.from(rejected?.['raw'] as Uint8Array).toString()]).toEqual([3n, '{"sale_id":"s3","item":"x","amount":"-1.00","sold_at":"2024-01-02 03:04:05.678","list":"[3,2]"}']);
  });
});
