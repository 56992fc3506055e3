// The shop: one shop whose ids join, and totals that hold.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf, csv, duck, makeSample, recordsOf, type Sample } from './support.ts';

let sample: Sample;
let db: Awaited<ReturnType<typeof duck>>;
beforeAll(async () => {
  sample = await makeSample({ profile: 'shop', defectRate: 0 });
  db = await duck();
  for (const [source, { files }] of Object.entries(sample.truth.sources)) {
    await db.all(
      `CREATE TABLE ${source} AS ${files.map(({ file }) => `SELECT * FROM ${csv(sample, file)}`).join(' UNION ALL ')}`,
    );
  }
  await db.all(`CREATE TABLE web AS SELECT *, epoch_ms("timestamp"::BIGINT) AS happened FROM events WHERE event = 'transaction'`);
}, 60_000);
afterAll(() => {
  db.close();
  sample.dispose();
});

const one = async (sql: string) => Object.values((await db.all(sql))[0]!).map(Number);
const none = async (sql: string) => expect(await one(`SELECT count(*) FROM (${sql})`)).toEqual([0]);

describe('the shop', () => {
  it('has about sixty thousand rows of all twenty sources', () => {
    const rows = Object.values(sample.truth.sources).reduce((sum, source) => sum + source.rows, 0);
    expect(rows).toBeGreaterThan(55_000);
    expect(rows).toBeLessThan(66_000);
    expect(Object.keys(sample.truth.sources)).toHaveLength(20);
  });

  it('has a marketplace order for every transaction of the clickstream, of the same products, at the same time', async () => {
    expect((await one('SELECT count(DISTINCT transactionid) FROM web'))[0]).toBe(sample.truth.totals.shop!.events.transactions);
    await none('SELECT DISTINCT transactionid FROM web WHERE md5(transactionid) NOT IN (SELECT order_id FROM orders)');
    await none(
      `SELECT * FROM web JOIN orders ON order_id = md5(transactionid) WHERE abs(date_diff('second', happened - INTERVAL 3 HOURS, order_purchase_timestamp::TIMESTAMP)) > 1`,
    );
    await none(
      `(SELECT md5(transactionid) AS o, value AS p FROM web JOIN item_properties USING (itemid) WHERE property = 'product_id') EXCEPT (SELECT order_id, product_id FROM order_items)`,
    );
    await none(
      `(SELECT order_id, product_id FROM order_items WHERE order_id IN (SELECT md5(transactionid) FROM web)) EXCEPT (SELECT md5(transactionid), value FROM web JOIN item_properties USING (itemid) WHERE property = 'product_id')`,
    );
    expect(createHash('md5').update('10001').digest('hex')).toBe(
      (await db.all("SELECT min(order_id) AS id FROM orders WHERE order_id = md5('10001')"))[0]!.id,
    );
  });

  it('knows every visitor who bought as a customer, and as the one who ordered', async () => {
    await none(
      `SELECT visitorid FROM web WHERE visitorid NOT IN (SELECT visitorid FROM crm_customers WHERE visitorid IS NOT NULL)`,
    );
    await none(`SELECT * FROM web JOIN crm_customers USING (visitorid) JOIN orders ON order_id = md5(transactionid) JOIN customers ON customers.customer_id = orders.customer_id
      WHERE customers.customer_unique_id IS DISTINCT FROM crm_customers.customer_unique_id`);
    expect(
      await one(
        'SELECT count(DISTINCT visitorid), count(visitorid), count(DISTINCT customer_unique_id), count(customer_unique_id) FROM crm_customers',
      ),
    ).toEqual([793, 793, 1217, 1217]);
  });

  it('has views before carts before purchases', async () => {
    await none(
      `SELECT * FROM web WHERE NOT EXISTS (FROM events AS c WHERE c.visitorid = web.visitorid AND c.itemid = web.itemid AND c.event = 'addtocart' AND c."timestamp"::BIGINT <= web."timestamp"::BIGINT)`,
    );
    await none(
      `SELECT * FROM events AS c WHERE event = 'addtocart' AND NOT EXISTS (FROM events AS v WHERE v.visitorid = c.visitorid AND v.itemid = c.itemid AND v.event = 'view' AND v."timestamp"::BIGINT <= c."timestamp"::BIGINT)`,
    );
  });

  it('asks in the clickstream what the order cost, and less sells more', async () => {
    await none(`SELECT * FROM (
      SELECT md5(web.transactionid) AS order_id, p.value AS product_id,
             (SELECT arg_max(value, "timestamp"::BIGINT) FROM item_properties AS q WHERE q.itemid = web.itemid AND q.property = '790' AND q."timestamp"::BIGINT <= web."timestamp"::BIGINT) AS price
      FROM web JOIN item_properties AS p ON p.itemid = web.itemid AND p.property = 'product_id') AS bought
      JOIN order_items USING (order_id, product_id) WHERE substr(bought.price, 2)::DECIMAL(18,3) <> order_items.price::DECIMAL(18,3)`);
    const { auc, mean_probability, positives, rows } = sample.truth.oracles.conversion!;
    expect(auc).toBeGreaterThan(0.65);
    expect(mean_probability).toBeCloseTo(positives / rows, 1);
  });

  it('has support that hears of late deliveries, and only of orders of the customer who calls', async () => {
    await none(`SELECT * FROM interactions JOIN orders USING (order_id) JOIN customers ON customers.customer_id = orders.customer_id
      JOIN crm_customers ON crm_customers.customer_id = interactions.customer_id WHERE customers.customer_unique_id IS DISTINCT FROM crm_customers.customer_unique_id`);
    const [late, onTime] =
      await one(`SELECT avg((i.order_id IS NOT NULL)::INT) FILTER (order_delivered_customer_date > order_estimated_delivery_date), avg((i.order_id IS NOT NULL)::INT) FILTER (order_delivered_customer_date <= order_estimated_delivery_date)
      FROM orders LEFT JOIN interactions AS i USING (order_id) WHERE order_status = 'delivered'`);
    expect(late!).toBeGreaterThan(3 * onTime!);
    await none('SELECT * FROM interactions WHERE customer_id NOT IN (SELECT customer_id FROM crm_customers)');
    await none(
      'SELECT * FROM transactions WHERE user_id NOT IN (SELECT customer_id FROM crm_customers) OR product_id NOT IN (SELECT product_id FROM products)',
    );
  });

  it('ends on one day, so that the as-of date is the next', async () => {
    expect(sample.truth.as_of).toBe('2018-10-18');
    for (const [source, column] of [
      ['orders', 'order_purchase_timestamp'],
      ['interactions', 'interaction_date'],
      ['transactions', '"timestamp"'],
      ['online_retail', 'InvoiceDate'],
      ['order_reviews', 'review_creation_date'],
      ['market_prices', 'observed_at'],
    ]) {
      expect((await db.all(`SELECT max(${column})[:10] AS day FROM ${source}`))[0]!.day! <= '2018-10-17', source).toBe(true);
    }
    expect(
      (await db.all(`SELECT max(epoch_ms("timestamp"::BIGINT) - INTERVAL 3 HOURS)::DATE::VARCHAR AS day FROM events`))[0]!.day,
    ).toBe('2018-10-17');
    expect((await db.all(`SELECT max(order_purchase_timestamp)[:10] AS day FROM orders`))[0]!.day).toBe('2018-10-17');
  });

  it('states of invoices what their files say', () => {
    const truth = sample.truth.totals.shop!.online_retail;
    let [amount, rows, cancelled] = [0, 0, 0];
    for (const { file } of sample.truth.sources.online_retail!.files) {
      for (const { fields } of recordsOf(bytesOf(sample, file), () => false).rows) {
        rows++;
        amount += Math.round(Number(fields[3]) * Number(fields[5]) * 100);
        if (fields[0]!.startsWith('C')) cancelled++;
      }
    }
    expect([rows, amount / 100, cancelled]).toEqual([truth.rows, truth.amount, truth.cancellation_rows]);
  });

  it('states the sessions that a window function finds', async () => {
    const truth = sample.truth.totals.shop!.events.sessions;
    expect(
      await one(`WITH gaps AS (SELECT visitorid, "timestamp"::BIGINT AS t, lag("timestamp"::BIGINT) OVER (PARTITION BY visitorid ORDER BY "timestamp"::BIGINT) AS before FROM events)
      SELECT count(*) FILTER (before IS NULL OR t - before > 1800000), sum(t - before) FILTER (t - before <= 1800000) / 1000 FROM gaps`),
    ).toEqual([truth.count, truth.sum_of_seconds]);
  });

  it('competes with prices that follow its own, above its cost', async () => {
    const [correlation] = await one(
      `SELECT corr(ln(m.price::DOUBLE), ln(p.price)) FROM market_prices AS m JOIN (SELECT product_id, avg(price::DOUBLE) AS price FROM order_items GROUP BY 1) AS p USING (product_id)`,
    );
    expect(correlation!).toBeGreaterThan(0.9);
    const [margin] = await one(
      `SELECT avg(1 - c.unit_cost::DOUBLE / i.price::DOUBLE) FROM order_items AS i JOIN supplier_costs AS c USING (product_id) WHERE c.valid_from = '2016-01-01'`,
    );
    expect(margin!).toBeGreaterThan(0.25);
    expect(margin!).toBeLessThan(0.5);
  });
});
