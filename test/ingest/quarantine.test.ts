// The quarantine: what was refused can be seen, and lands exactly once when the contract that refused it has been mended.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { id, integer, money, source, text, timestamp } from '../../lib/contracts/index.ts';
import { listQuarantine, replayQuarantine, showQuarantine, supersede } from '../../lib/ingest/index.ts';
import { openTestHome, people, sales, type TestHome } from './home.ts';

let home: TestHome;
beforeEach(async () => { home = await openTestHome(); });
afterEach(() => home.close());

const csv = 'sale_id,item,amount,sold_at,shop\ns1,ok,1,,a\ns2,"refund, ""late""",-5,,b\ns3,refund,-6,,\n,no id,1,,\ns5,broken\n';

/** Refunds are allowed from now on. */
const mended = source('sales', {
  ...sales, version: '1.1', files: { names: ['sales.csv'] }, columns: { sale_id: id(), item: text(), amount: money(), sold_at: timestamp({ nullable: true }) },
});

async function landed(): Promise<void> {
  home.put('sales/a.csv', csv);
  await home.ingest();
}

describe('what lies in it', () => {
  test('is listed by file and reason, and shown row by row', async () => {
    await landed();
    expect((await listQuarantine(home.context)).map(({ source: from, file, reason, rows, line }) => ({ from, file, reason, rows, line }))).toEqual([
      { from: 'sales', file: 'sales/a.csv', reason: 'sales.amount.below_minimum', rows: 2, line: 3 },
      { from: 'sales', file: 'sales/a.csv', reason: 'sales.parse.too_few_fields', rows: 1, line: 6 },
      { from: 'sales', file: 'sales/a.csv', reason: 'sales.sale_id.missing', rows: 1, line: 5 },
    ]);
    expect(await showQuarantine(home.context, { source: 'sales', reason: 'below_minimum', limit: 1 })).toMatchObject([
      { row: 2, line: 3, byteOffset: 44, reasons: ['sales.amount.below_minimum'], message: 'amount must be at least 0', raw: 's2,"refund, ""late""",-5,,b', encrypted: false },
    ]);
    expect(await listQuarantine(home.context, { file: 'a.csv', reason: 'sales.sale_id.missing' })).toHaveLength(1);
    await expect(listQuarantine(home.context, { source: 'sale' })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('keeps personal data closed unless asked', async () => {
    home.put('people/a.csv', 'person_id,name,email,age\np1,Ada,ada@example.org,many\n');
    await home.ingest();
    expect(await showQuarantine(home.context)).toMatchObject([{ encrypted: true, reasons: ['people.age.not_an_integer'] }]);
    expect((await showQuarantine(home.context))[0]?.raw).toBeUndefined();
    expect((await showQuarantine(home.context, { reveal: true }))[0]?.raw).toBe('p1,Ada,ada@example.org,many');
  });

  test('is nothing in a new home', async () => {
    expect(await listQuarantine(home.context)).toEqual([]);
    expect(await showQuarantine(home.context)).toEqual([]);
    expect(await replayQuarantine(home.context)).toEqual({ dryRun: false, sources: [] });
  });
});

describe('replay', () => {
  test('says first what it would change, then does it once', async () => {
    await landed();
    home.withContracts(mended);
    const expected = {
      source: 'sales', examined: 4, accepted: 2, skipped: 0, changes: { 'bronze.sales': 2, 'bronze.rejected': -2 },
      outcomes: [
        { from: 'sales.amount.below_minimum', rows: 2 }, { from: 'sales.parse.too_few_fields', to: 'sales.parse.too_few_fields', rows: 1 },
        { from: 'sales.sale_id.missing', to: 'sales.sale_id.missing', rows: 1 },
      ],
    };
    expect(await replayQuarantine(home.context, { dryRun: true })).toEqual({ dryRun: true, sources: [expected] });
    expect(await home.count('bronze.sales')).toBe(1);
    expect(await replayQuarantine(home.context, { runId: 'r2' })).toEqual({ dryRun: false, sources: [expected] });
    expect(await home.rows('bronze.sales', 'SELECT sale_id, item, amount, shop, _file, _row, _contract_version FROM t ORDER BY _row')).toEqual([
      { sale_id: 's1', item: 'ok', amount: '1', shop: 'a', _file: 'sales/a.csv', _row: 1n, _contract_version: '1.0' },
      { sale_id: 's2', item: 'refund, "late"', amount: '-5', shop: 'b', _file: 'sales/a.csv', _row: 2n, _contract_version: '1.1' },
      { sale_id: 's3', item: 'refund', amount: '-6', shop: null, _file: 'sales/a.csv', _row: 3n, _contract_version: '1.1' },
    ]);
    expect(await home.rows('bronze.sales', 'SELECT count(DISTINCT _ingested_at) AS n FROM t')).toEqual([{ n: 1n }]);
    expect(await home.rows('bronze.rejected', 'SELECT _row FROM t ORDER BY 1')).toEqual([{ _row: 4n }, { _row: 5n }]);
    expect(await home.rows('ops.files', 'SELECT rows, accepted, rejected FROM t')).toEqual([{ rows: 5n, accepted: 3n, rejected: 2n }]);
    expect((await replayQuarantine(home.context)).sources).toMatchObject([{ examined: 2, accepted: 0 }]);
    expect((await home.ingest()).totals).toMatchObject({ seen: 1, landed: 0 });
  });

  test('after a crash between its two commits doubles nothing', async () => {
    await landed();
    home.withContracts(mended);
    const rejected = await home.context.lake.loadTable({ namespace: 'bronze', name: 'rejected' });
    const before = rejected.currentSnapshot!['snapshot-id'];
    await replayQuarantine(home.context);
    await rejected.refresh();
    await rejected.rollback(before);
    expect(await home.count('bronze.rejected')).toBe(4);
    expect((await replayQuarantine(home.context)).sources).toMatchObject([{ examined: 4, accepted: 2 }]);
    expect(await home.count('bronze.sales')).toBe(3);
    expect(await home.count('bronze.rejected')).toBe(2);
  });

  test('two at a time land each row once', async () => {
    await landed();
    home.withContracts(mended);
    await Promise.all([replayQuarantine(home.context), replayQuarantine(home.context)]);
    expect(await home.rows('bronze.sales', 'SELECT _row, count(*) AS n FROM t GROUP BY 1 ORDER BY 1')).toEqual([1n, 2n, 3n].map((row) => ({ _row: row, n: 1n })));
    expect(await home.count('bronze.rejected')).toBe(2);
    expect(await home.rows('ops.files', 'SELECT accepted, rejected FROM t')).toEqual([{ accepted: 3n, rejected: 2n }]);
  });

  test('of personal rows makes pseudonyms', async () => {
    home.put('people/a.csv', 'person_id,name,email,age\np1,Ada,,1\np2,Ada,ada@example.org,-1\n');
    await home.ingest();
    home.withContracts(source('people', { ...people, files: { names: [] }, columns: { ...people.columns, age: integer({ nullable: true }) } }));
    await replayQuarantine(home.context);
    const rows = await home.rows('bronze.people', 'SELECT name FROM t');
    expect(rows).toHaveLength(2);
    expect(rows[0]?.['name']).toBe(rows[1]?.['name']);
    expect(await home.count('bronze.rejected')).toBe(0);
  });

  test('leaves alone what belongs to a file that has not landed to the end', async () => {
    await landed();
    const bronze = await home.context.lake.loadTable({ namespace: 'bronze', name: 'sales' });
    const files = await home.context.lake.loadTable({ namespace: 'ops', name: 'files' });
    await bronze.overwrite([], { all: true });
    await files.overwrite([], { all: true });
    home.withContracts(mended);
    expect((await replayQuarantine(home.context)).sources).toMatchObject([{ examined: 0, accepted: 0, skipped: 4 }]);
    expect((await home.ingest()).files[0]).toMatchObject({ status: 'landed', accepted: 3, rejected: 2 });
    expect(await home.count('bronze.rejected')).toBe(2);
  });

  test('reads JSON lines and Parquet rows again', async () => {
    home.put('sales/a.jsonl', '{"sale_id":"j1","item":"x","amount":1}\n{"sale_id":"j2","item":"y","amount":-1.50,"extra":7}\n');
    const path = home.put('sales/b.parquet', '');
    await home.context.database.use((session) => session.run(`COPY (SELECT 'p1' AS sale_id, 'z' AS item, -2.25::DECIMAL(5,2) AS amount, DATE '2024-01-01' AS day) TO '${path}' (FORMAT parquet)`));
    await home.ingest();
    home.withContracts(mended);
    expect((await replayQuarantine(home.context)).sources).toMatchObject([{ examined: 2, accepted: 2 }]);
    expect(await home.rows('bronze.sales', 'SELECT sale_id, amount, extra, day FROM t ORDER BY 1')).toEqual([
      { sale_id: 'j1', amount: '1', extra: null, day: null }, { sale_id: 'j2', amount: '-1.50', extra: '7', day: null }, { sale_id: 'p1', amount: '-2.25', extra: null, day: '2024-01-01' },
    ]);
  });
});

test('rows of a file that a mended one replaces are settled, and still counted', async () => {
  await landed();
  const [old] = await home.rows('ops.files', 'SELECT _file_id AS id FROM t');
  home.put('sales/a.csv', csv.replaceAll(',-', ',').replace('\n,no', '\ns4,no').replace('s5,broken', 's5,x,1,,'));
  await home.ingest();
  expect((await listQuarantine(home.context))[0]?.newerFileId).toMatch(/^[0-9a-f]{64}$/);
  const [fresh] = await home.rows('ops.files', `SELECT _file_id AS id FROM t WHERE _file_id <> '${String(old?.['id'])}'`);
  expect(await supersede(home.context, 'sales', String(old?.['id']), String(fresh?.['id']))).toBe(4);
  expect(await listQuarantine(home.context)).toEqual([]);
  expect(await listQuarantine(home.context, { withSettled: true })).toHaveLength(3);
  expect(await home.count('bronze.rejected')).toBe(4);
  home.withContracts(mended);
  expect((await replayQuarantine(home.context)).sources).toEqual([]);
  await expect(supersede(home.context, 'sales', String(old?.['id']), 'f'.repeat(64))).rejects.toMatchObject({ code: 'not_found' });
});
