// Which delivery zone a postcode belongs to.
import { config } from '../millrace.config.ts';
import { boolean, source, text } from '../lib/contracts/index.ts';

export const shippingZones = source('shipping_zones', {
  description: 'One row a postcode prefix and its delivery zone; of several prefixes that fit, the longest counts.',
  owner: 'shipping',
  version: '1.0',
  files: { names: ['shipping_zones.csv', 'shipping_zones_*.csv'] },
  timeZone: config.shop.timeZone,
  key: ['postcode_prefix'],
  columns: {
    postcode_prefix: text({ pattern: '[0-9]{1,8}' }),
    zone: text({ pattern: '[a-z0-9_]+' }),
    state: text({ nullable: true, pattern: '[A-Z]{2}' }),
    is_remote: boolean({ nullable: true }),
  },
});
