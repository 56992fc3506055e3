// What carriers ask for a parcel, by route and weight.
import { config } from '../millrace.config.ts';
import { date, decimal, integer, money, source, text } from '../lib/contracts/index.ts';

export const shippingRates = source('shipping_rates', {
  description: 'One row a weight bracket of a carrier\'s service between two zones: min_weight_kg ≤ chargeable weight < max_weight_kg. '
    + 'Price = base_price + price_per_kg × (weight − min_weight_kg).',
  owner: 'shipping',
  version: '1.0',
  files: { names: ['shipping_rates.csv', 'shipping_rates_*.csv'] },
  timeZone: config.shop.timeZone,
  currency: config.shop.currency,
  key: ['carrier', 'service', 'origin_zone', 'destination_zone', 'min_weight_kg', 'valid_from'],
  columns: {
    carrier: text(),
    service: text({ accepted: ['economy', 'standard', 'express'] }),
    origin_zone: text({ references: 'shipping_zones.zone' }),
    destination_zone: text({ references: 'shipping_zones.zone' }),
    min_weight_kg: decimal({ precision: 9, scale: 3, min: 0 }),
    max_weight_kg: decimal({ precision: 9, scale: 3, min: 0 }),
    base_price: money({ min: 0 }),
    price_per_kg: money({ min: 0 }),
    transit_days: integer({ min: 0, description: 'Usual days from hand-over to delivery.' }),
    valid_from: date(),
    valid_to: date({ nullable: true, description: 'First day it no longer holds; missing while it does.' }),
  },
  rules: {
    bracket_is_ordered: 'min_weight_kg < max_weight_kg',
    validity_is_ordered: 'valid_to IS NULL OR valid_from < valid_to',
  },
});
