// The files of orders and their items.
import type { Landing } from '../core/landing.ts';
import { hashAt, keyOf } from '../core/random.ts';
import { DAY } from '../core/time.ts';
import type { MarketIds } from './ids.ts';
import type { Marketplace } from './orders.ts';
import { STATUSES } from './plan.ts';

export async function writeOrders(
  landing: Landing,
  { orders }: Marketplace,
  ids: MarketIds,
  sequence: Uint32Array,
): Promise<void> {
  const file = await landing.file(
    'orders',
    'olist_orders_dataset.csv',
    [
      'order_id',
      'customer_id',
      'order_status',
      'order_purchase_timestamp',
      'order_approved_at',
      'order_delivered_carrier_date',
      'order_delivered_customer_date',
      'order_estimated_delivery_date',
    ],
    { quotedHeader: true },
  );
  const { bytes } = file;
  for (const o of sequence) {
    ids.order.write(bytes, o);
    bytes.comma();
    ids.customer.write(bytes, o);
    bytes.comma();
    bytes.ascii(STATUSES[orders.status[o]!]!);
    bytes.comma();
    file.localTime('order_purchase_timestamp', orders.purchased[o]!);
    bytes.comma();
    file.localTime('order_approved_at', orders.approved[o]!);
    bytes.comma();
    file.localTime('order_delivered_carrier_date', orders.carrier[o]!);
    bytes.comma();
    file.localTime('order_delivered_customer_date', orders.delivered[o]!);
    bytes.comma();
    bytes.time(orders.estimated[o]! * DAY);
    file.endRow();
    if (file.full) await file.drain();
  }
  await file.close();
}

export async function writeItems(
  landing: Landing,
  { orders, seed }: Marketplace,
  ids: MarketIds,
  sequence: Uint32Array,
): Promise<void> {
  const file = await landing.file(
    'order_items',
    'olist_order_items_dataset.csv',
    ['order_id', 'order_item_id', 'product_id', 'seller_id', 'shipping_limit_date', 'price', 'freight_value'],
    { quotedHeader: true },
  );
  const { bytes } = file;
  const limit = keyOf(seed, 'shipping-limits');
  for (const o of sequence) {
    const shipBy = (orders.approved[o]! || orders.purchased[o]!) + (3 + (hashAt(limit, o) % 4)) * DAY;
    const first = orders.firstItem[o]!;
    for (let i = first; i < orders.firstItem[o + 1]!; i++) {
      ids.order.write(bytes, o);
      bytes.comma();
      bytes.integer(i - first + 1);
      bytes.comma();
      ids.product.write(bytes, orders.itemProduct[i]!);
      bytes.comma();
      ids.seller.write(bytes, orders.itemSeller[i]!);
      bytes.comma();
      file.localTime('shipping_limit_date', shipBy);
      bytes.comma();
      bytes.cents(orders.itemPrice[i]!);
      bytes.comma();
      bytes.cents(orders.itemFreight[i]!);
      file.endRow();
    }
    if (file.full) await file.drain();
  }
  await file.close();
}
