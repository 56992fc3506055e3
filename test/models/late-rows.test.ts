// Tables that are computed by month stay exactly right when rows come late, and leave alone the months that nothing touched.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Shop, type Source } from './support/shop.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let shop: Shop;
beforeEach(async () => {
  shop = await Shop.open();
});
afterEach(() => shop.close());

const land = (rows: Partial<Record<Source, readonly string[]>>) => shop.land(rows);
const run = (table: string) => shop.run(table);
const query = (sql: string) => shop.query(sql);
const staysRight = (table: string) => shop.staysRight(table);

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
