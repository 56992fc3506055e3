// Rows that came by the stream, some of them delivered again, meet rows of files: each counts once, and the ledger names every one that is left out.
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { writeRows } from '../../lib/lake/duckdb/index.ts';
import { localFileIngest, runBatch, RunReporter, type RunReport } from '../../lib/local/index.ts';
import { Shop, type Source } from './support/shop.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let shop: Shop;
beforeAll(async () => {
  shop = await Shop.open();
});
afterAll(() => shop.close());

/** Appends rows to bronze as a delivery does: columns by name, and the position in the stream. */
async function deliver(source: Source, rows: readonly Readonly<Record<string, string>>[], sequence: number, at: string): Promise<void> {
  const table = await shop.runtime.lake.loadTable({ namespace: 'bronze', name: source });
  const selects = rows.map((row, index) => {
    const values: Readonly<Record<string, string>> = { ...row, _stream: source, _shard: 'shardId-000000000000', _sequence: String(sequence + index), _subsequence: '0', _contract_version: '1.0' };
    return `SELECT ${table.schema.fields.map(({ name, type }) => {
      if (name === '_ingested_at') return `TIMESTAMP '${at}' AS "_ingested_at"`;
      return `${values[name] === undefined ? 'NULL' : `'${values[name]}'`}::${type === 'long' ? 'BIGINT' : 'VARCHAR'} AS "${name}"`;
    }).join(', ')}`;
  });
  const database = await shop.runtime.database();
  await database.use(async (session) => {
    await table.append(await writeRows(session, { schema: table.schema, spec: table.spec, folder: table.dataLocation, select: selects.join(' UNION ALL ') }));
  });
}

async function batch(): Promise<RunReport> {
  const reporter = new RunReporter(() => performance.now());
  const options = { select: ['+silver.sessions', '+silver.transactions'] };
  const { runId, outcome } = await runBatch(shop.runtime, { options, files: await localFileIngest(shop.runtime), onTask: reporter.onTask });
  const report = reporter.report(runId, outcome);
  expect(report.status).toBe('succeeded');
  expect(report.ledger.filter(({ reconciles }) => !reconciles)).toEqual([]);
  return report;
}

const event = (id: string, visitor: string, timestamp: number) => ({ timestamp: String(timestamp), visitorid: visitor, event: 'view', itemid: 'i1', event_id: id });
const purchase = (id: string, status: string) => ({
  transaction_id: id, user_id: 'k1', product_id: 'p', quantity: '1', price: '9.90', timestamp: '2018-03-10T12:00:00-03:00', transaction_status: status,
});
const TIME = Date.UTC(2018, 2, 10, 15);

it('each counts once, in the batch that brings it and in all later ones', async () => {
  await shop.land({ events: [`${TIME},v1,view,i1,,e1,,`, `${TIME},v1,view,i1,,e1,,`], transactions: ['t0,k1,p,1,9.90,2018-03-10 12:00:00,pix,completed'] });
  await batch();
  await deliver('events', [event('e1', 'v1', TIME), event('e2', 'v1', TIME + 60_000)], 100, '2018-03-10 15:01:00');
  await deliver('transactions', [purchase('t1', 'pending'), purchase('t1', 'completed')], 99, '2018-03-10 15:01:00');
  await batch();
  // Delivered again, the old version of the purchase too; and a new event.
  await deliver('events', [event('e1', 'v1', TIME), event('e2', 'v1', TIME + 60_000), event('e3', 'v2', TIME)], 100, '2018-03-10 15:09:00');
  await deliver('transactions', [purchase('t1', 'pending')], 99, '2018-03-10 15:09:00');
  const { ledger } = await batch();

  const parts = (subject: string) => ledger.find((entry) => entry.step === 'silver' && entry.subject === subject)?.parts;
  expect(parts('events → silver.events')).toMatchObject({ silver: '3', duplicate_id: '2', redelivered: '2' });
  expect(parts('transactions → silver.transactions')).toMatchObject({ silver: '2', exact_duplicate: '0', superseded: '1', redelivered: '1' });
  expect(await shop.query('SELECT event_id FROM silver.events ORDER BY event_id')).toEqual([['e1'], ['e2'], ['e3']]);
  expect(await shop.query("SELECT transaction_status FROM silver.transactions WHERE transaction_id = 't1'")).toEqual([['completed']]);
  expect(await shop.query('SELECT session_id, events FROM silver.sessions ORDER BY session_id')).toEqual([[`v1:${TIME}`, 2n], [`v2:${TIME}`, 1n]]);
});
