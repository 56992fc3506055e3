// Tables that are computed by month stay exactly right when rows come late, and leave alone the months that nothing touched.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { uuidv7 } from '../../lib/base/index.ts';
import { ingestNow, openRuntime, type Runtime } from '../../lib/local/index.ts';
import { Relations, runModel, type RunContext } from '../../lib/warehouse/index.ts';

const ROOT = join(import.meta.dirname, '../..');
const HEADERS = {
  orders: 'order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date',
  customers: 'customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state',
  order_items: 'order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value',
  order_payments: 'order_id,payment_sequential,payment_type,payment_installments,payment_value',
  order_reviews: 'review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,review_answer_timestamp',
  shipping_zones: 'postcode_prefix,zone,state,is_remote',
  online_retail: 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country',
  transactions: 'transaction_id,user_id,product_id,quantity,price,timestamp,payment_method,transaction_status',
  crm_customers: 'customer_id,customer_unique_id,visitorid,name,email,phone,street,postcode,city,state,country,registration_date,customer_segment,marketing_opt_in',
} as const;
type Source = keyof typeof HEADERS;

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let folder: string;
let runtime: Runtime;
let files = 0;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-late-'));
  runtime = await openRuntime({ home: folder, project: ROOT, create: true });
});
afterEach(async () => {
  await runtime.close();
  await rm(folder, { recursive: true, force: true });
});

async function land(rows: Partial<Record<Source, string[]>>): Promise<void> {
  for (const [source, lines] of Object.entries(rows)) {
    await mkdir(join(runtime.home.landing, source), { recursive: true });
    await writeFile(join(runtime.home.landing, source, `${String(++files).padStart(4, '0')}.csv`), [HEADERS[source as Source], ...lines, ''].join('\n'));
  }
}

/** Ingests what landed and brings a table and all that it needs up to date; `full` computes the table's every row again. */
async function run(table: string, full = false): Promise<void> {
  const project = await runtime.project();
  const { lake, clock } = runtime;
  await ingestNow(runtime, []);
  const context: RunContext = {
    project, lake, clock,
    engine: await runtime.engine(),
    relations: new Relations(project, lake),
    runId: uuidv7(clock.now()),
    parameters: { shop_currency: { type: 'varchar', value: 'BRL' } },
  };
  const needed = project.graph.upstream(table);
  for (const name of project.graph.order.filter((each) => each === table || needed.has(each))) {
    const outcome = await runModel(context, name, { full: full && name === table });
    expect(outcome.status).not.toBe('audit failed');
  }
}

async function query(sql: string): Promise<unknown[][]> {
  return (await (await runtime.engine()).query(sql)).rows;
}

/** Rows as text, in an order of their own. */
async function rowsOf(table: string): Promise<string[]> {
  return (await query(`SELECT * FROM ${table}`)).map((row) => row.map(String).join('|')).sort();
}

async function filesOf(table: string): Promise<string[]> {
  const [namespace, name] = table.split('.');
  return (await query(`SELECT file_path FROM ${namespace}."${name}$files"`)).map(([path]) => String(path)).sort();
}

/** Runs what changed, then everything: the rows must be the same. Gives back how many files of the table stayed as they were. */
async function staysRight(table: string): Promise<{ kept: number; before: number }> {
  const before = await filesOf(table);
  await run(table);
  const after = new Set(await filesOf(table));
  const incremental = await rowsOf(table);
  await run(table, true);
  expect(incremental).toEqual(await rowsOf(table));
  return { kept: before.filter((path) => after.has(path)).length, before: before.length };
}

const order = (id: string, day: string, status = 'delivered') => `${id},c${id},${status},${day} 12:00:00,,,${status === 'delivered' ? `${day} 20:00:00` : ''},2018-12-31`;
const customer = (id: string, zip = '01000') => `c${id},u${id},${zip},x,SP`;
const item = (id: string, number: number, price: string) => `${id},${number},p,s,2018-12-31 00:00:00,${price},1.00`;

describe('silver.orders_master', () => {
  beforeEach(async () => {
    await land({
      orders: [order('a', '2018-01-10'), order('b', '2018-02-10'), order('c', '2018-03-10'), order('d', '2018-03-11', 'shipped')],
      customers: [customer('a'), customer('b'), customer('c'), customer('d')],
      order_items: [item('a', 1, '10.00'), item('b', 1, '20.00'), item('c', 1, '30.00'), item('d', 1, '40.00')],
      order_payments: ['a,1,boleto,1,11.00'],
      shipping_zones: ['0,south,,'],
    });
    await run('silver.orders_master');
  });

  it('takes a review that comes months later, a payment and an item into the months of their orders, and leaves the others alone', async () => {
    await land({
      order_reviews: ['r1,a,4,,,2018-06-01 00:00:00,2018-06-02 10:00:00'],
      order_payments: ['b,1,voucher,1,5.00'],
      order_items: [item('b', 2, '7.00')],
    });
    expect(await staysRight('silver.orders_master')).toEqual({ kept: 1, before: 3 });
    expect(await query('SELECT order_id, avg_review_score, payment_type, items_count FROM silver.orders_master ORDER BY order_id')).toEqual([
      ['a', 4, 'boleto', 1n], ['b', null, 'voucher', 2n], ['c', null, null, 1n],
    ]);
  });

  it('takes an order that is delivered at last, and one whose date is corrected out of its month', async () => {
    await land({ orders: [order('d', '2018-03-11'), order('a', '2018-04-01')] });
    expect(await staysRight('silver.orders_master')).toEqual({ kept: 1, before: 3 });
    expect(await query('SELECT order_id, purchase_date FROM silver.orders_master ORDER BY order_id')).toEqual([
      ['a', '2018-04-01'], ['b', '2018-02-10'], ['c', '2018-03-10'], ['d', '2018-03-11'],
    ]);
  });

  it('takes an order whose items and review were there before it', async () => {
    await land({ order_items: [item('e', 1, '50.00')], order_reviews: ['r5,e,5,,,2018-02-01 00:00:00,2018-02-02 10:00:00'] });
    await run('silver.orders_master');
    await land({ orders: [order('e', '2018-02-20')] });
    expect(await staysRight('silver.orders_master')).toEqual({ kept: 2, before: 3 });
    expect(await query("SELECT items_value, avg_review_score, customer_unique_id FROM silver.orders_master WHERE order_id = 'e'")).toEqual([['50.0000', 5, null]]);
  });

  it('takes a customer who moves to another zone', async () => {
    await land({ customers: [customer('c', '90000')], shipping_zones: ['9,north,,'] });
    expect(await staysRight('silver.orders_master')).toEqual({ kept: 2, before: 3 });
    expect(await query("SELECT delivery_zone FROM silver.orders_master WHERE order_id = 'c'")).toEqual([['north']]);
  });

  it('is not computed again when what changed does not reach it', async () => {
    await land({ orders: [order('f', '2018-05-01', 'created')], customers: [customer('f')] });
    expect(await staysRight('silver.orders_master')).toMatchObject({ kept: 3 });
  });
});

describe('silver.transactions', () => {
  const line = (invoice: string, code: string, day: string, who = '17850.0') => `${invoice},${code},Thing,2,${day} 08:00:00,1.5,${who},United Kingdom`;
  const purchase = (id: string, day: string, status = 'completed') => `${id},k1,p,1,9.90,${day} 12:00:00,pix,${status}`;
  beforeEach(async () => {
    await land({
      online_retail: [line('1', 'A', '2018-01-10'), line('1', 'B', '2018-01-10'), line('2', 'A', '2018-02-10')],
      transactions: [purchase('t1', '2018-03-10')],
      crm_customers: ['k1,,,Ana,,,,,,,,2018-01-01,,'],
    });
    await run('silver.transactions');
  });

  it('takes lines of an old month, and a copy of a line that is there already changes nothing', async () => {
    await land({ online_retail: [line('1', 'A', '2018-01-10'), line('1', 'C', '2018-01-10')] });
    expect(await staysRight('silver.transactions')).toEqual({ kept: 2, before: 3 });
    expect(await query("SELECT line_no, source_item_id FROM silver.transactions WHERE transaction_id = '1' ORDER BY line_no")).toEqual([[1n, 'A'], [2n, 'B'], [3n, 'C']]);
  });

  it('takes a purchase that is refunded later', async () => {
    await land({ transactions: [purchase('t1', '2018-03-10', 'refunded')] });
    expect(await staysRight('silver.transactions')).toEqual({ kept: 2, before: 3 });
    expect(await query("SELECT amount, revenue, transaction_kind FROM silver.transactions WHERE transaction_id = 't1'")).toEqual([['9.9000', '0.0000', 'cancellation']]);
  });

  it('takes a customer who turns out to be known at the marketplace', async () => {
    await land({ crm_customers: ['k1,u7,,Ana,,,,,,,,2018-01-01,,'] });
    await staysRight('silver.transactions');
    expect(await query("SELECT customer_id FROM silver.transactions WHERE transaction_id = 't1'")).toEqual([['u7']]);
  });
});
