// Items of orders, as Olist publishes them.
import { id, integer, money, source, timestamp } from '../lib/contracts/index.ts';

export const orderItems = source('order_items', {
  description: 'One row an item of an order, as the marketplace exports it; three of the same product are three rows.',
  owner: 'marketplace',
  version: '1.0',
  files: { names: ['olist_order_items_dataset.csv'] },
  timeZone: 'America/Sao_Paulo',
  currency: 'BRL',
  key: ['order_id', 'order_item_id'],
  columns: {
    order_id: id({ references: 'orders' }),
    order_item_id: integer({ min: 1, description: 'Number of the item within its order.' }),
    product_id: id({ references: 'products' }),
    seller_id: id({ references: 'sellers' }),
    shipping_limit_date: timestamp({ description: 'Until when the seller must hand it to the carrier.' }),
    price: money({ min: 0 }),
    freight_value: money({ min: 0 }),
  },
  rules: { freight_is_plausible: 'freight_value <= 20 * price + 500' },
});
