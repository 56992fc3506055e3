// Purchases as the shop's own till reports them, live and as files.
import { config } from '../millrace.config.ts';
import { id, integer, money, source, text, timestamp } from '../lib/contracts/index.ts';

export const transactions = source('transactions', {
  description: 'One row a purchase of one product. `price` is for one piece. From files and from the stream.',
  owner: 'shop',
  version: '1.0',
  files: { names: ['transactions.csv', 'transactions_*.csv', 'transactions.jsonl', 'transactions_*.jsonl'] },
  stream: { partitionKey: 'user_id', maxAgeDays: 7, maxFutureMinutes: 15 },
  timeZone: config.shop.timeZone,
  currency: config.shop.currency,
  key: ['transaction_id'],
  eventTime: 'timestamp',
  columns: {
    transaction_id: id(),
    user_id: id({ references: 'crm_customers.customer_id' }),
    product_id: id({ references: 'products' }),
    quantity: integer({ min: 1 }),
    price: money({ min: 0, description: 'For one piece, above 0.' }),
    timestamp: timestamp(),
    payment_method: text({ nullable: true, accepted: ['credit_card', 'debit_card', 'boleto', 'voucher', 'pix', 'cash', 'other'] }),
    transaction_status: text({ nullable: true, accepted: ['completed', 'pending', 'refunded', 'cancelled'] }),
  },
  rules: { price_is_positive: 'price > 0' },
});
