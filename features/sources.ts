// Where features come from: the shop's streams, and the tables that have the same events offline.
import { featureSource } from '../lib/features/index.ts';

export const events = featureSource('events', {
  table: 'silver.events',
  where: 'duplicate_of IS NULL',
  columns: {
    event_time: 'timestamp', visitorid: 'visitorid', event: 'event', itemid: 'itemid', transactionid: 'transactionid', device_type: 'device_type', query: 'query',
  },
  sameContentWithin: '24h',
});

export const transactions = featureSource('transactions', {
  table: 'silver.transactions',
  where: "source = 'transactions'",
  columns: {
    transaction_timestamp: 'timestamp', source_customer_id: 'user_id', transaction_id: 'transaction_id', source_item_id: 'product_id', quantity: 'quantity',
    unit_price: 'price', payment_method: 'payment_method', transaction_status: 'transaction_status',
  },
});
