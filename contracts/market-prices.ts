// What competitors ask for the same products.
import { config } from '../millrace.config.ts';
import { boolean, id, money, source, text, timestamp } from '../lib/contracts/index.ts';

export const marketPrices = source('market_prices', {
  description: 'One row the price of a product at a competitor, as it was seen at a time.',
  owner: 'pricing',
  version: '1.0',
  files: { names: ['market_prices.csv', 'market_prices_*.csv'] },
  timeZone: config.shop.timeZone,
  currency: config.shop.currency,
  key: ['competitor', 'product_id', 'observed_at'],
  eventTime: 'observed_at',
  columns: {
    competitor: text(),
    product_id: id({ references: 'products' }),
    observed_at: timestamp(),
    price: money({ min: 0, description: 'Above 0, without shipping.' }),
    shipping_price: money({ nullable: true, min: 0 }),
    in_stock: boolean({ nullable: true }),
  },
  rules: { price_is_positive: 'price > 0' },
});
