// What a visitor has done lately: a browser or a device, not yet a person.
import { count, distinct, featureView, last, ratio } from '../lib/features/index.ts';

export const visitor = featureView('visitor', { from: 'events', entity: 'visitorid', time: 'event_time', description: 'What a visitor has done lately.' }, {
  views_1h: count({ where: "event = 'view'", within: '1h', description: 'Items viewed in the last hour, each view counted.' }),
  views_7d: count({ where: "event = 'view'", within: '7d' }),
  carts_7d: count({ where: "event = 'addtocart'", within: '7d' }),
  searches_7d: count({ where: "event = 'search'", within: '7d' }),
  purchases_30d: count({ where: "event = 'transaction'", within: '30d', description: 'Items bought.' }),
  items_seen_30d: distinct('itemid', { where: "event = 'view'", within: '30d' }),
  last_item: last('itemid', { within: '30d' }),
  last_device: last('device_type', { within: '30d' }),
  last_seen_at: last('event_time', { within: '90d' }),
  cart_rate_7d: ratio('carts_7d', 'views_7d'),
});
