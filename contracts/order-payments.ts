// Payments of orders, as Olist publishes them.
import { id, integer, money, source, text } from '../lib/contracts/index.ts';

export const orderPayments = source('order_payments', {
  description: 'One row a payment of an order; several vouchers and a card are several rows. Values of 0 and 0 instalments occur and are valid.',
  owner: 'marketplace',
  version: '1.0',
  files: { names: ['olist_order_payments_dataset.csv'] },
  timeZone: 'America/Sao_Paulo',
  currency: 'BRL',
  key: ['order_id', 'payment_sequential'],
  columns: {
    order_id: id({ references: 'orders' }),
    payment_sequential: integer({ min: 1 }),
    payment_type: text({ accepted: ['credit_card', 'boleto', 'voucher', 'debit_card', 'not_defined'] }),
    payment_installments: integer({ min: 0 }),
    payment_value: money({ min: 0 }),
  },
});
