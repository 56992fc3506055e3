// Properties of items over time, as RetailRocket publishes them.
import { config } from '../millrace.config.ts';
import { epochMs, id, source, text } from '../lib/contracts/index.ts';

export const itemProperties = source('item_properties', {
  description: 'One row a property that an item had from a time on: `categoryid`, `available`, `790` (the price, `n12000.000`) and hashed others. '
    + 'Our samples add `product_id`, the marketplace product that the item is.',
  owner: 'web',
  version: '1.0',
  files: { names: ['item_properties_part1.csv', 'item_properties_part2.csv', 'item_properties*.csv'] },
  timeZone: config.shop.timeZone,
  eventTime: 'timestamp',
  columns: {
    timestamp: epochMs({ min: 0, max: 4_102_444_800_000 }),
    itemid: id(),
    property: text(),
    value: text(),
  },
});
