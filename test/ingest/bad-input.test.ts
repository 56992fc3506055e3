// Bad input: every kind is named with what to do about it, and the files beside it still land.
import { appendFileSync, chmodSync, utimesSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MillraceError } from '../../lib/base/index.ts';
import { ingestFiles, discoverLanding, type LandingFile } from '../../lib/ingest/index.ts';
import { openTestHome, type TestHome } from './home.ts';

let home: TestHome;
beforeEach(async () => { home = await openTestHome(); });
afterEach(() => home.close());

const header = 'sale_id,item,amount,sold_at\n';
const rows = (count: number): string => Array.from({ length: count }, (_, i) => `s${i},item ${i},1.5,\n`).join('');
const good = header + rows(5);
let neighbours = 0;

/** Lands a bad file beside a good one: the good one must land; gives the error of the bad one. */
async function errorOf(name: string, content: string | Uint8Array): Promise<MillraceError> {
  home.put(`sales/${name}`, content);
  home.put('sales/zz-good.csv', `${good}n${neighbours++},x,1,\n`);
  const report = await home.ingest();
  expect(report.files.find(({ file }) => file === 'sales/zz-good.csv')).toMatchObject({ status: 'landed', accepted: 6 });
  const bad = report.files.find(({ file }) => file === `sales/${name}`);
  expect(bad?.status).toBe('failed');
  expect(await home.count('bronze.sales', `_file = 'sales/${name}'`)).toBe(0);
  expect(await home.count('bronze.rejected')).toBe(0);
  expect(bad?.error).toBeInstanceOf(MillraceError);
  return bad!.error!;
}

describe('gzip', () => {
  const packed = gzipSync(header + rows(3_000));

  test('that ends early', async () => {
    const error = await errorOf('cut.csv.gz', packed.subarray(0, Math.floor(packed.length * 0.6)));
    expect(error.message).toMatch(/^the gzip stream ends early, at byte [\d,]+; [\d,]+ bytes came out of it before that$/);
    expect(error.todo).toContain('send the whole file again');
  });

  test('whose checksum does not match', async () => {
    const damaged = Buffer.from(packed);
    damaged[damaged.length - 6]! ^= 0xff;
    expect((await errorOf('damaged.csv.gz', damaged)).message).toContain('its checksum (CRC) does not match');
  });

  test('with something behind its end', async () => {
    expect((await errorOf('tail.csv.gz', Buffer.concat([packed, Buffer.from('surplus')]))).message).toContain('behind the end of the gzip stream there is something else');
    expect((await errorOf('tail2.csv.gz', Buffer.concat([packed, Buffer.alloc(20), gzipSync('hidden')]))).message).toContain('behind the end of the gzip stream');
  });

  test('of several members, or padded with zeros, is whole', async () => {
    home.put('sales/members.csv.gz', Buffer.concat([gzipSync(header + rows(2)), gzipSync('x1,item,1,\n'), Buffer.alloc(5_000)]));
    expect((await home.ingest()).totals).toMatchObject({ landed: 1, accepted: 3 });
  });

  test('that is big goes by way of a temporary file, cut or not', async () => {
    const text = header + rows(400_000);
    home.put('sales/big.csv.gz', gzipSync(text, { level: 1 }));
    home.put('sales/cut.csv.gz', gzipSync(text, { level: 1 }).subarray(0, -5_000));
    const report = await home.ingest();
    expect(report.files.map(({ status, accepted, reader }) => [status, accepted, reader])).toEqual([['landed', 400_000, 'duckdb'], ['failed', 0, undefined]]);
  });
});

describe('files that are no CSV in UTF-8', () => {
  test('a binary file named .csv', async () => {
    const noise = Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * 7_919) % 251));
    expect((await errorOf('noise.csv', noise)).message).toBe('the file is a binary file');
    expect((await errorOf('book.csv', Buffer.concat([Buffer.from('PK\u0003\u0004'), noise]))).message).toBe('the file is a ZIP archive or an Excel workbook');
  });

  test('UTF-16, with and without a byte order mark', async () => {
    const utf16 = Buffer.from(good, 'utf16le');
    expect((await errorOf('a.csv', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]))).todo).toContain('iconv -f UTF-16');
    expect((await errorOf('b.csv', utf16)).message).toBe('the file is text in UTF-16 (little endian)');
  });

  test('Latin-1 in the header, or in the rows', async () => {
    expect((await errorOf('a.csv', Buffer.from('sale_id,preço,amount\n', 'latin1'))).message).toBe('the header is not UTF-8; it looks like Latin-1 (ISO 8859-1)');
    const error = await errorOf('b.csv', Buffer.from(header + Array.from({ length: 50 }, (_, i) => `s${i},São Paulo,1,\n`).join(''), 'latin1'));
    expect(error.message).toBe('the file is not UTF-8; it looks like Latin-1 (ISO 8859-1) (first at line 2, in 50 of 50 rows)');
  });

  test('one row of another encoding costs that row', async () => {
    home.put('sales/a.csv', Buffer.concat([Buffer.from(header + rows(100)), Buffer.from('sx,São,1,\n', 'latin1')]));
    expect((await home.ingest()).files[0]).toMatchObject({ accepted: 100, reasons: { 'sales.parse.invalid_utf8': 1 } });
  });

  test('a JSON array, a Parquet file that is cut, text named .parquet', async () => {
    expect((await errorOf('a.jsonl', '[{"sale_id":"s1"}]')).todo).toContain("jq -c '.[]'");
    expect((await errorOf('b.parquet', good)).message).toContain('not Parquet');
    expect((await errorOf('c.parquet', 'PAR1 and then nothing')).message).toContain('the Parquet file cannot be read');
  });
});

describe('headers', () => {
  test.each([
    ['that do not match', 'a,b,c\n1,2,3\n', /^the header does not match sales: sale_id, item, amount, sold_at are missing; it has a, b, c$/],
    ['of another delimiter', 'sale_id;item;amount\n1;2;3\n', /it has sale_id;item;amount$/],
    ['with a name twice', 'sale_id,item,Item,amount\n', /names the column item twice: "item" and "Item"/],
    ['with a name of ours', 'sale_id,item,amount,_row\n', /./],
    ['with an open quote', 'sale_id,"item,amount\n1,2,3\n', /^a quote in the header is never closed$/],
  ])('%s', async (_, text, message) => {
    if (text.includes('_row')) {
      home.put('sales/own.csv', `${text}s1,x,1,7\n`);
      expect((await home.ingest()).files[0]).toMatchObject({ status: 'landed' });
      expect(await home.rows('bronze.sales', 'SELECT _row, row FROM t')).toEqual([{ _row: 1n, row: '7' }]);
      return;
    }
    expect((await errorOf('bad.csv', text)).message).toMatch(message);
  });
});

describe('rows that readers stumble over', () => {
  test('a line of 50 MB is quarantined by name, with its first bytes; its neighbours land', async () => {
    home.put('sales/long.csv', Buffer.concat([Buffer.from(`${header}s1,x,1,\ns2,`), Buffer.alloc(50_000_000, 0x61), Buffer.from(`,1,\n${rows(3)}`)]));
    const report = await home.ingest();
    expect(report.files[0]).toMatchObject({ rows: 5, accepted: 4, reasons: { 'sales.parse.too_long': 1 } });
    expect(await home.rows('bronze.rejected', 'SELECT _row, octet_length(raw) AS kept, message FROM t')).toEqual([
      { _row: 2n, kept: 65_536n, message: 'the record has 50,000,006 bytes, more than a record may have; only its first bytes are kept' },
    ]);
  });

  test('a record of 8 MB with line ends in it lands whole', async () => {
    const item = 'line of text, quoted\n'.repeat(10);
    home.put('sales/wide.csv', `${header}s1,"${'x'.repeat(8_000_000)}",1,\ns2,"${item}",2,\n`);
    expect((await home.ingest()).files[0]).toMatchObject({ accepted: 2, rejected: 0 });
    expect(await home.rows('bronze.sales', 'SELECT length(item) AS n FROM t ORDER BY sale_id')).toEqual([{ n: 8_000_000n }, { n: BigInt(item.length) }]);
  });

  test('an unclosed quote in 100,000 rows costs one row', async () => {
    const lines = Array.from({ length: 100_000 }, (_, i) => `s${i},"item, ${i}",1.5,`);
    lines[23_456] = 's23456,"never closed,1.5,';
    home.put('sales/a.csv', `${header}${lines.join('\n')}\n`);
    expect((await home.ingest()).files[0]).toMatchObject({ rows: 100_000, accepted: 99_999, reasons: { 'sales.parse.unclosed_quote': 1 }, reader: 'exact' });
    expect(await home.rows('bronze.sales', "SELECT count(*) AS n FROM t WHERE sale_id = 's' || (_row - 1)")).toEqual([{ n: 99_999n }]);
  });

  test('18 bad rows in 180,000 cost 18 rows', async () => {
    const lines = Array.from({ length: 180_000 }, (_, i) => `s${i},"item, ${i}",1.5,2024-01-01 00:00:00`);
    for (let i = 0; i < 18; i++) lines[i * 9_999 + 5] = i % 3 === 0 ? `b${i},"open,1,` : i % 3 === 1 ? `b${i},few` : `b${i},a,1,,,surplus`;
    home.put('sales/a.csv', header + lines.join('\n'));
    expect((await home.ingest()).files[0]).toMatchObject({ rows: 180_000, accepted: 179_982, rejected: 18 });
    expect(await home.count('bronze.sales')).toBe(179_982);
  });

  test('line ends of all kinds in one file', async () => {
    home.put('sales/a.csv', `${header}s1,a,1,\r\ns2,b,1,\rs3,c,1,\n\n\ns4,"d\r\rd",1,`);
    expect((await home.ingest()).files[0]).toMatchObject({ accepted: 4, rejected: 0 });
  });
});

describe('files that somebody is still writing', () => {
  /** The landing file, with something happening to it while it is read. */
  async function landWhile(name: string, meddle: (path: string, chunk: number) => void): Promise<string | undefined> {
    const found = await discoverLanding(home.landing, home.context.contracts);
    const meddled = found.map((each) => {
      if (each.fate !== 'known' || each.file.name !== name) return each;
      const { file } = each;
      const open: LandingFile['open'] = async function* () {
        let chunk = 0;
        for await (const bytes of file.open()) {
          meddle(file.path, chunk++);
          yield bytes;
        }
      };
      return { ...each, file: { ...file, open } };
    });
    const report = await ingestFiles(home.context, meddled);
    return report.files.find(({ file }) => file === name)?.error?.message;
  }

  test.each<[string, (path: string, chunk: number) => void]>([
    ['growing', (path) => appendFileSync(path, rows(1))],
    ['overwritten with as many other bytes, its times set back', (path) => {
      writeFileSync(path, good.replace('item 1', 'ITEM 1'));
      utimesSync(path, 1_700_000_000, 1_700_000_000);
    }],
  ])('%s: refused, nothing of it is kept; complete, it lands', async (_, meddle) => {
    home.put('sales/a.csv', good);
    home.put('sales/b.csv', header + rows(7));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await landWhile('sales/a.csv', meddle)).toBe('the file changed while it was read: somebody is still writing it');
    expect(await home.count('bronze.sales')).toBe(7);
    expect((await home.ingest()).totals).toMatchObject({ landed: 1, seen: 1 });
  });

  test('a big one that grows while DuckDB reads it leaves nothing behind', async () => {
    home.put('sales/a.csv', header + rows(400_000));
    expect(await landWhile('sales/a.csv', (path, chunk) => { if (chunk === 3) appendFileSync(path, rows(1)); })).toBe('the file changed while it was read: somebody is still writing it');
    expect(await home.count('bronze.sales')).toBe(0);
    expect(await home.count('ops.files')).toBe(0);
  });
});

describe('the machine', () => {
  test.skipIf(process.getuid?.() === 0)('a file that may not be read', async () => {
    const path = home.put('sales/a.csv', good);
    chmodSync(path, 0);
    expect((await home.ingest()).files[0]?.error).toMatchObject({ code: 'io', message: 'the file may not be read: permission denied' });
  });

  test('an interruption stops it; what landed stays, the rest lands the next time', async () => {
    for (let i = 0; i < 3; i++) home.put(`sales/${i}.csv`, header + `s${i},an item with a longer name,1,\n`.repeat(150_000));
    const stop = new AbortController();
    await expect(home.ingest({ signal: stop.signal, onProgress: ({ event }) => { if (event === 'finished') stop.abort(); } })).rejects.toMatchObject({ code: 'interrupted' });
    await home.ingest();
    expect(await home.rows('bronze.sales', 'SELECT _file, count(*) AS n FROM t GROUP BY 1 ORDER BY 1')).toEqual([0, 1, 2].map((i) => ({ _file: `sales/${i}.csv`, n: 150_000n })));
  });
});
