// Orders of the marketplace, as Olist publishes them.
import { date, id, source, text, timestamp } from '../lib/contracts/index.ts';

export const orders = source('orders', {
  description: 'One row an order, with the times of its journey. Times are local.',
  owner: 'marketplace',
  version: '1.0',
  files: { names: ['olist_orders_dataset.csv'] },
  timeZone: 'America/Sao_Paulo',
  key: ['order_id'],
  eventTime: 'order_purchase_timestamp',
  columns: {
    order_id: id(),
    customer_id: id({ references: 'customers' }),
    order_status: text({ accepted: ['created', 'approved', 'invoiced', 'processing', 'shipped', 'delivered', 'unavailable', 'canceled'] }),
    order_purchase_timestamp: timestamp(),
    order_approved_at: timestamp({ nullable: true }),
    order_delivered_carrier_date: timestamp({ nullable: true, description: 'Handed to the carrier.' }),
    order_delivered_customer_date: timestamp({ nullable: true, description: 'Missing for some orders whose status is delivered.' }),
    order_estimated_delivery_date: date({ description: 'The day promised to the customer.' }),
  },
});
