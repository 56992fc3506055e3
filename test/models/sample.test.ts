// The tables of a whole sample shop hold what truth.json says a right pipeline must find: counted by the generator, without any SQL.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram, VERBS } from '../../lib/cli/index.ts';
import { localFileIngest, openRuntime, runBatch, type Runtime } from '../../lib/local/index.ts';
import { generateSample, type Truth } from '../../samples/index.ts';

const ROOT = join(import.meta.dirname, '../..');

let folder: string;
let runtime: Runtime;
let truth: Truth;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-models-'));
  runtime = await openRuntime({ home: join(folder, 'home'), project: ROOT, create: true });
  truth = await generateSample({ profile: 'shop', scale: 0.25, out: runtime.home.landing });
  const { outcome } = await runBatch(runtime, { files: await localFileIngest(runtime) });
  expect(outcome).toMatchObject({ status: 'succeeded' });
}, 120_000);
afterAll(async () => {
  await runtime?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The first row, numbers as numbers. */
async function row(sql: string): Promise<unknown[]> {
  const { columns, rows } = await (await runtime.engine()).query(sql);
  return (rows[0] ?? []).map((value, index) => numeric(value, columns[index]?.type ?? ''));
}

/** First column → second column, without those that are 0. */
async function counts(sql: string): Promise<Record<string, number>> {
  const { rows } = await (await runtime.engine()).query(sql);
  return Object.fromEntries(rows.map(([name, value]) => [String(name), Number(value)] as const).filter(([, value]) => value !== 0));
}

const numeric = (value: unknown, type: string) => (value !== null && /^(bigint|decimal|double)/.test(type) ? Number(value) : value);
const withoutZeros = (all: Readonly<Record<string, number>>) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== 0));
const close = (value: number) => expect.closeTo(value, 6) as number;
const allClose = (all: Readonly<Record<string, number>>) => Object.fromEntries(Object.entries(withoutZeros(all)).map(([name, value]) => [name, close(value)]));

describe('the marketplace', () => {
  it('has as many rows in each table as were written and planted', async () => {
    const wanted = marketplace().table_rows;
    for (const [table, rows] of Object.entries(wanted)) expect([table, ...(await row(`SELECT count(*) FROM ${table}`))]).toEqual([table, rows]);
  });

  it('has its orders of every status', async () => {
    expect(await counts('SELECT order_status, count(*) FROM silver.orders GROUP BY order_status')).toEqual(withoutZeros(marketplace().orders.by_status));
  });

  it('adds payments and reviews up to one row an order', async () => {
    const { order_payments: payments, order_reviews: reviews } = marketplace();
    expect(await row('SELECT count(*), sum(payment_count), sum(payment_value) FROM silver.order_payments')).toEqual([payments.orders, payments.rows, payments.total]);
    expect(await row('SELECT sum(review_count), avg(avg_review_score) FROM silver.order_reviews')).toEqual([reviews.rows, close(reviews.mean_of_order_means)]);
  });

  it('knows value, days and punctuality of what was delivered', async () => {
    const { delivered } = marketplace();
    const sums = `SELECT sum(order_total_value), sum(items_value), sum(freight_value), sum(items_count), count(delivery_delay),
                         sum(CASE WHEN delivery_delay > 0 THEN 1 ELSE 0 END), sum(delivery_days), sum(delivery_delay),
                         count(avg_review_score), sum(avg_review_score) FROM silver.orders_master`;
    expect(await row(sums)).toEqual([
      delivered.order_total_value, delivered.price, delivered.freight_value, delivered.items, delivered.timed_orders,
      delivered.late_orders, delivered.delivery_days, delivered.delivery_delay, delivered.reviewed, close(delivered.sum_of_review_means),
    ]);
  });

  it('has revenue by month and category, and orders by state', async () => {
    const { delivered } = marketplace();
    const month = 'substr(CAST(order_month AS varchar), 1, 7)';
    expect(await counts(`SELECT ${month}, revenue FROM gold.monthly_metrics`)).toEqual(withoutZeros(delivered.value_by_month));
    expect(await counts(`SELECT ${month}, orders FROM gold.monthly_metrics`)).toEqual(withoutZeros(delivered.orders_by_month));
    expect(await counts('SELECT category, revenue FROM gold.category_metrics')).toEqual(withoutZeros(delivered.price_by_category));
    expect(await counts('SELECT customer_state, sum(orders) FROM gold.geographic_metrics GROUP BY customer_state')).toEqual(withoutZeros(delivered.orders_by_state));
  });

  it('has daily revenue that adds up to the same', async () => {
    expect(await row('SELECT sum(revenue), sum(orders_placed) FROM gold.daily_metrics')).toEqual([marketplace().delivered.order_total_value, marketplace().orders.rows]);
  });

  it('scores and segments customers as counting by hand does', async () => {
    const { customer_metrics: customers } = marketplace();
    expect(await counts('SELECT segment, count(*) FROM gold.customer_metrics GROUP BY segment')).toEqual(withoutZeros(customers.segments));
    expect(await counts('SELECT frequency, count(*) FROM gold.customer_metrics GROUP BY frequency')).toEqual(withoutZeros(customers.by_frequency));
    for (const score of ['recency', 'frequency', 'monetary'] as const) {
      const wanted = Object.fromEntries(customers[`${score}_scores`].map((number, index) => [String(index + 1), number]));
      expect(await counts(`SELECT ${score}_score, count(*) FROM gold.customer_metrics GROUP BY ${score}_score`)).toEqual(withoutZeros(wanted));
    }
    expect(await row('SELECT sum(monetary_value), sum(clv_12m) FROM gold.customer_metrics')).toEqual([customers.monetary_value, close(customers.clv_12m)]);
  });
});

describe('invoices and the till', () => {
  it('has every line, with its amount and its customer', async () => {
    const { online_retail: retail, transactions: till } = shop();
    const sums = 'count(*), count(DISTINCT customer_id), sum(quantity), sum(amount), sum(amount) - sum(revenue) FROM silver.transactions';
    expect(await row(`SELECT ${sums} WHERE source = 'online_retail'`)).toEqual([retail.rows, retail.customers, retail.quantity, retail.amount, retail.adjustments]);
    expect(await row(`SELECT ${sums} WHERE source = 'transactions'`)).toEqual([till.rows, till.customers, till.quantity, till.amount, till.undone]);
  });

  it('has their amounts by country and by business date', async () => {
    const { online_retail: retail } = shop();
    const amounts = (by: string) => counts(`SELECT ${by}, sum(amount) FROM silver.transactions WHERE source = 'online_retail' GROUP BY ${by}`);
    expect(await amounts('country')).toEqual(allClose(retail.by_country));
    expect(await amounts('transaction_date')).toEqual(allClose(retail.by_day));
  });

  it('spends per customer what the lines of known customers come to', async () => {
    expect(await row('SELECT count(*), sum(total_spend) FROM gold.user_features')).toEqual([
      shop().customers, close(shop().online_retail.amount_of_customers + shop().transactions.amount - shop().transactions.undone),
    ]);
  });
});

describe('the clickstream', () => {
  it('has every event once, and knows which are repeats under another id', async () => {
    const { events } = shop();
    expect(await row('SELECT count(*), count(duplicate_of) FROM silver.events')).toEqual([events.rows - events.duplicate_ids, events.repeats_under_another_id]);
    expect(await counts('SELECT event, count(*) FROM silver.events_enriched WHERE duplicate_of IS NULL GROUP BY event')).toEqual(withoutZeros(events.by_type));
    expect(await row('SELECT count(*), sum(events) FROM gold.visitor_segments')).toEqual([events.visitors, events.distinct]);
    expect(await row('SELECT count(*) FROM gold.item_features')).toEqual([events.items]);
  });

  it('has its sessions, with their durations and how they ended', async () => {
    const { count, sum_of_seconds: seconds, with_purchase: bought } = shop().events.sessions;
    expect(await row('SELECT count(*), sum(session_duration), count(*) - count(drop_off_step) FROM silver.sessions')).toEqual([count, close(seconds), bought]);
    expect(await row('SELECT sum(sessions), sum(avg_session_duration * sessions), sum(converted) FROM gold.session_metrics')).toEqual([count, close(seconds), bought]);
  });

  it('sells what the marketplace has as orders, at the price that the order has', async () => {
    const { events } = shop();
    expect(await row('SELECT sum(lines), sum(transactions) FROM gold.daily_sales')).toEqual([events.by_type['transaction'], events.transactions]);
    const prices = `SELECT count(*) FROM gold.fact_sales_transactions AS sold
      JOIN silver.order_items AS item ON item.order_id = lower(to_hex(md5(to_utf8(sold.transactionid)))) AND item.product_id = sold.item_id AND item.price = sold.price`;
    const [same = 0] = await row(`SELECT count(DISTINCT event_id) FROM (${prices.replace('count(*)', 'sold.event_id')}) AS s`);
    expect(same).toBe((await row('SELECT count(price) FROM gold.fact_sales_transactions'))[0]);
  });

  it('knows its buyers as customers', async () => {
    expect(await row('SELECT count(*) - count(customer_id), count(DISTINCT customer_id) > 20 FROM gold.fact_sales_transactions')).toEqual([0, true]);
    expect(await row('SELECT sum(web_transactions), sum(sessions) FROM gold.user_features')).toEqual([
      shop().events.transactions, ...(await row('SELECT count(customer_id) FROM silver.sessions')),
    ]);
  });
});

describe('customers', () => {
  it('meet in one hub, whichever systems know them', async () => {
    expect(await row('SELECT count(*) FROM silver.customers')).toEqual([shop().customers]);
  });

  it('are answered as fast as was written', async () => {
    const { interactions } = shop();
    expect(await counts('SELECT channel, sum(interactions) FROM gold.interaction_metrics GROUP BY channel')).toEqual(withoutZeros(interactions.by_channel));
    expect(await row('SELECT sum(answered), sum(avg_response_time_minutes * answered) FROM gold.interaction_metrics'))
      .toEqual([interactions.answered, close(interactions.sum_of_minutes)]);
  });
});

function marketplace(): NonNullable<Truth['totals']['marketplace']> {
  if (truth.totals.marketplace === undefined) throw new Error('the sample has no marketplace');
  return truth.totals.marketplace;
}

function shop(): NonNullable<Truth['totals']['shop']> {
  if (truth.totals.shop === undefined) throw new Error('the sample has no shop');
  return truth.totals.shop;
}

describe('the statements of help', () => {
  it('run as they stand there', async () => {
    let printed = '';
    const terminal = { out: (text: string) => void (printed += text), err: () => undefined, interactive: false, colours: false, columns: 80 };
    await runProgram(['--help'], VERBS, { project: ROOT, version: '9.9.9', terminal, environment: {}, signal: new AbortController().signal });
    const examples = [...printed.split('\n'), ...(await Promise.all(VERBS.map(({ load }) => load()))).flatMap((verb) => verb.examples)];
    const statements = examples.map((line) => /millrace query .*"(SELECT [^"]*)"/.exec(line)?.[1]).filter((sql) => sql !== undefined)
      .filter((sql) => !/FOR VERSION|ops\.forgotten/.test(sql)); // of a snapshot that the reader has to name; made by the first `millrace forget`
    expect(statements.length).toBeGreaterThan(3);
    const engine = await runtime.engine();
    for (const sql of new Set(statements)) expect(await engine.query(sql!).then(() => 'runs', String), sql).toBe('runs');
  });
});
