// The olist profile at scale 1: the published cardinalities, counted by DuckDB, and the totals that truth.json states.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf, csv, duck, makeSample, type Sample } from './support.ts';

let sample: Sample;
let db: Awaited<ReturnType<typeof duck>>;
const FILES = {
  customers: 'customers/olist_customers_dataset.csv',
  orders: 'orders/olist_orders_dataset.csv',
  items: 'order_items/olist_order_items_dataset.csv',
  payments: 'order_payments/olist_order_payments_dataset.csv',
  reviews: 'order_reviews/olist_order_reviews_dataset.csv',
  products: 'products/olist_products_dataset.csv',
  sellers: 'sellers/olist_sellers_dataset.csv',
  geolocation: 'geolocation/olist_geolocation_dataset.csv',
  translation: 'product_category_translation/product_category_name_translation.csv',
};

beforeAll(async () => {
  sample = await makeSample({ profile: 'olist', defectRate: 0 });
  db = await duck();
  for (const [name, file] of Object.entries(FILES)) await db.all(`CREATE TABLE ${name} AS SELECT * FROM ${csv(sample, file)}`);
}, 60_000);
afterAll(() => {
  db.close();
  sample.dispose();
});

const one = async (sql: string) => Object.values((await db.all(sql))[0]!).map(Number);

describe('olist at scale 1', () => {
  it('has the published numbers of rows and keys', async () => {
    expect(
      await one(
        'SELECT count(*), count(DISTINCT customer_id), count(DISTINCT customer_unique_id), count(DISTINCT customer_city) FROM customers',
      ),
    ).toEqual([99_441, 99_441, 96_096, 4_119]);
    expect(await one('SELECT count(*), count(DISTINCT order_id), count(DISTINCT customer_id) FROM orders')).toEqual([
      99_441, 99_441, 99_441,
    ]);
    expect(await one('SELECT count(*), count(DISTINCT order_id), count(DISTINCT (order_id, order_item_id)) FROM items')).toEqual([
      112_650, 98_666, 112_650,
    ]);
    expect(
      await one('SELECT count(*), count(DISTINCT order_id), count(DISTINCT (order_id, payment_sequential)) FROM payments'),
    ).toEqual([103_886, 99_440, 103_886]);
    expect(
      await one(
        'SELECT count(*), count(DISTINCT review_id), count(DISTINCT order_id), count(DISTINCT (review_id, order_id)) FROM reviews',
      ),
    ).toEqual([99_224, 98_410, 98_673, 99_224]);
    expect(
      await one(
        'SELECT count(*), count(DISTINCT product_id), count(*) - count(product_category_name), count(DISTINCT product_category_name) FROM products',
      ),
    ).toEqual([32_951, 32_951, 610, 73]);
    expect(await one('SELECT count(*), count(DISTINCT seller_id) FROM sellers')).toEqual([3_095, 3_095]);
    expect(await one('SELECT count(*), count(DISTINCT geolocation_zip_code_prefix) FROM geolocation')).toEqual([
      1_000_163, 19_015,
    ]);
    expect(await one('SELECT count(*) FROM (SELECT DISTINCT * FROM geolocation)')).toEqual([1_000_163 - 261_831]);
    expect(await one('SELECT count(*) FROM translation')).toEqual([71]);
    expect(
      await one(
        'SELECT count(DISTINCT product_category_name) FROM products ANTI JOIN translation USING (product_category_name) WHERE product_category_name IS NOT NULL',
      ),
    ).toEqual([2]);
  });

  it('has the published statuses and dates', async () => {
    const statuses = await db.all('SELECT order_status AS status, count(*)::INT AS n FROM orders GROUP BY 1 ORDER BY 2 DESC, 1');
    expect(Object.fromEntries(statuses.map(({ status, n }) => [status, n]))).toEqual({
      delivered: 96_478,
      shipped: 1_107,
      canceled: 625,
      unavailable: 609,
      invoiced: 314,
      processing: 301,
      created: 5,
      approved: 2,
    });
    expect(
      (await db.all('SELECT min(order_purchase_timestamp) AS a, max(order_purchase_timestamp) AS b FROM orders'))[0],
    ).toEqual({ a: '2016-09-04 21:15:19', b: '2018-10-17 17:30:18' });
    expect(
      await one("SELECT count(*) FROM orders WHERE order_status = 'delivered' AND order_delivered_customer_date IS NULL"),
    ).toEqual([8]);
    expect(
      await one("SELECT count(*) FILTER (payment_value::DOUBLE = 0), count(*) FILTER (payment_installments = '0') FROM payments"),
    ).toEqual([9, 2]);
    expect(
      await one("SELECT count(*) FILTER (product_weight_g = '0'), count(*) FILTER (product_length_cm IS NULL) FROM products"),
    ).toEqual([4, 2]);
  });

  it('keeps to the order of things', async () => {
    expect(
      await one(`SELECT count(*) FROM orders WHERE order_approved_at < order_purchase_timestamp
      OR order_delivered_carrier_date < order_approved_at OR order_delivered_customer_date < order_delivered_carrier_date`),
    ).toEqual([0]);
    expect(await one('SELECT count(*) FROM orders ANTI JOIN customers USING (customer_id)')).toEqual([0]);
    expect(await one('SELECT count(*) FROM items ANTI JOIN products USING (product_id)')).toEqual([0]);
    expect(await one('SELECT count(*) FROM reviews WHERE review_answer_timestamp < review_creation_date')).toEqual([0]);
    expect(await one('SELECT count(*) FROM items WHERE freight_value::DOUBLE > 20 * price::DOUBLE + 500')).toEqual([0]);
  });

  it('is written as the real files are', () => {
    const translation = bytesOf(sample, FILES.translation);
    expect(translation.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    expect(translation.at(-1)).not.toBe(10);
    expect(translation.includes('\r\n')).toBe(true);
    const reviews = readFileSync(join(sample.out, FILES.reviews), 'utf8');
    expect(reviews.startsWith('"review_id","order_id"')).toBe(true);
    expect(reviews.split('\n').length - 2).toBeGreaterThan(99_224 + 3_000);
    expect(reviews).toMatch(/""tamanho único""/);
    const ids = bytesOf(sample, FILES.orders).toString('latin1').split('\n').slice(1, -1);
    expect(ids.every((line) => (/^\d/.test(line.replace('"', '')) ? line.startsWith('"') : /^[a-f]/.test(line)))).toBe(true);
  });

  it('states totals that a few lines of SQL find as well', async () => {
    const truth = sample.truth.totals.marketplace!;
    await db.all(
      'CREATE TABLE totals AS SELECT order_id, sum(price::DECIMAL(18,2) + freight_value::DECIMAL(18,2)) AS total, count(*) AS n FROM items GROUP BY 1',
    );
    const delivered = "FROM orders LEFT JOIN totals USING (order_id) WHERE order_status = 'delivered'";
    expect(await one(`SELECT sum(total), sum(n) ${delivered}`)).toEqual([
      truth.delivered.order_total_value,
      truth.delivered.items,
    ]);
    expect(await one('SELECT sum(payment_value::DECIMAL(18,2)) FROM payments')).toEqual([truth.order_payments.total]);
    const months = await db.all(
      `SELECT substr(order_purchase_timestamp, 1, 7) AS month, sum(total)::DOUBLE AS value ${delivered} GROUP BY 1 ORDER BY 1`,
    );
    expect(Object.fromEntries(months.map(({ month, value }) => [month, value]))).toEqual(truth.delivered.value_by_month);
    expect(
      await one(`SELECT count(*) FILTER (late > 0), sum(late) FROM (
      SELECT date_diff('day', order_estimated_delivery_date::TIMESTAMP::DATE, order_delivered_customer_date::TIMESTAMP::DATE) AS late ${delivered} AND order_delivered_customer_date IS NOT NULL)`),
    ).toEqual([truth.delivered.late_orders, truth.delivered.delivery_delay]);
    const segments = await db.all(`
      WITH bought AS (
        SELECT customer_unique_id AS u, count(*) AS f, sum(total) AS m, date '2018-10-18' - max(order_purchase_timestamp)::TIMESTAMP::DATE AS r
        ${delivered.replace('LEFT JOIN', 'JOIN customers USING (customer_id) LEFT JOIN')} GROUP BY 1),
      scored AS (
        SELECT 1 + (5 * (rank() OVER (ORDER BY r DESC) - 1)) // count(*) OVER () AS r,
               (1 + (5 * (rank() OVER (ORDER BY f) - 1)) // count(*) OVER () + 1 + (5 * (rank() OVER (ORDER BY m) - 1)) // count(*) OVER () + 1) // 2 AS fm FROM bought)
      SELECT CASE WHEN r = 5 THEN CASE WHEN fm >= 4 THEN 'Champions' WHEN fm >= 2 THEN 'Potential Loyalists' ELSE 'New' END
                  WHEN r = 4 THEN CASE WHEN fm >= 4 THEN 'Loyal' WHEN fm >= 2 THEN 'Potential Loyalists' ELSE 'Promising' END
                  WHEN r = 3 THEN CASE WHEN fm >= 4 THEN 'Loyal' WHEN fm = 3 THEN 'Need Attention' ELSE 'About to Sleep' END
                  WHEN fm = 5 THEN 'Cannot Lose' WHEN fm >= 3 THEN 'At Risk' ELSE 'Lost' END AS segment, count(*)::INT AS n FROM scored GROUP BY 1`);
    const found = Object.fromEntries(segments.map(({ segment, n }) => [segment, n as number]));
    found.Lost = (found.Lost ?? 0) + truth.customer_metrics.customers - truth.customer_metrics.buyers;
    expect(found).toEqual(truth.customer_metrics.segments);
  });

  it('has the causes that it states: late orders get worse reviews, and those come back less', async () => {
    const [late, onTime] =
      await one(`SELECT avg(review_score::INT) FILTER (order_delivered_customer_date > order_estimated_delivery_date), avg(review_score::INT) FILTER (order_delivered_customer_date <= order_estimated_delivery_date)
      FROM orders JOIN reviews USING (order_id)`);
    expect(late!).toBeLessThan(onTime! - 0.8);
    const [happy, angry] = await one(`WITH firsts AS (
        SELECT customer_unique_id AS u, arg_min(order_id, order_purchase_timestamp) AS order_id, count(*) AS n FROM orders JOIN customers USING (customer_id) WHERE order_purchase_timestamp < '2018-06' GROUP BY 1)
      SELECT avg((n > 1)::INT) FILTER (review_score = '5'), avg((n > 1)::INT) FILTER (review_score = '1') FROM firsts JOIN reviews USING (order_id)`);
    expect(happy!).toBeGreaterThan(2 * angry!);
    const { oracle, visible } = sample.truth.oracles.churn!;
    expect(visible.auc).toBeGreaterThan(0.7);
    expect(oracle.auc).toBeGreaterThan(visible.auc);
    expect(oracle.mean_probability).toBeCloseTo(oracle.positives / oracle.rows, 2);
  });
});
