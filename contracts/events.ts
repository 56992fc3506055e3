// The clickstream, as RetailRocket publishes it, with a few columns that a live shop can add.
import { config } from '../millrace.config.ts';
import { epochMs, id, source, text } from '../lib/contracts/index.ts';

export const events = source('events', {
  description: 'One row something a visitor did. From files and from the stream.',
  owner: 'web',
  version: '1.0',
  key: ['event_id'],
  duplicates: 'first',
  files: { names: ['events.csv', '*events*.csv', '*events*.jsonl'] },
  stream: { partitionKey: 'visitorid', maxAgeDays: 7, maxFutureMinutes: 15 },
  timeZone: config.shop.timeZone,
  eventTime: 'timestamp',
  columns: {
    timestamp: epochMs({ min: 0, max: 4_102_444_800_000 }),
    visitorid: id({ description: 'The browser or device, not yet a person.' }),
    event: text({ accepted: ['view', 'addtocart', 'transaction', 'search', 'click'] }),
    itemid: id({ nullable: true, references: 'item_properties.itemid', description: 'May be missing for a search or a click.' }),
    transactionid: id({ nullable: true }),
    event_id: id({ nullable: true, description: 'The producer\'s id of the event; what comes again under it counts once. Without one it is the hash of the row.' }),
    device_type: text({ nullable: true, accepted: ['desktop', 'mobile', 'tablet', 'app', 'other'] }),
    query: text({ nullable: true, description: 'What was searched for.' }),
  },
  rules: {
    item_is_known: "event IN ('search', 'click') OR itemid IS NOT NULL",
    transaction_has_id: "event <> 'transaction' OR transactionid IS NOT NULL",
  },
});
