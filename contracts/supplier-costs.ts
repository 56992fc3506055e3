// What the shop pays its suppliers.
import { config } from '../millrace.config.ts';
import { date, id, integer, money, source, text } from '../lib/contracts/index.ts';

export const supplierCosts = source('supplier_costs', {
  description: 'One row the cost of a product at a supplier, valid from a day on until before another.',
  owner: 'pricing',
  version: '1.0',
  files: { names: ['supplier_costs.csv', 'supplier_costs_*.csv'] },
  timeZone: config.shop.timeZone,
  currency: config.shop.currency,
  key: ['supplier_id', 'product_id', 'valid_from'],
  columns: {
    supplier_id: id(),
    product_id: id({ references: 'products' }),
    sku: text({ description: 'The supplier\'s spelling of the stock-keeping unit, standardised in silver.' }),
    unit_cost: money({ min: 0, description: 'For one piece, freight in included.' }),
    min_order_quantity: integer({ nullable: true, min: 1 }),
    lead_time_days: integer({ nullable: true, min: 0 }),
    valid_from: date(),
    valid_to: date({ nullable: true, description: 'First day it no longer holds; missing while it does.' }),
  },
  rules: { validity_is_ordered: 'valid_to IS NULL OR valid_from < valid_to' },
});
