// How an item does lately.
import { count, distinct, featureView, last, ratio } from '../lib/features/index.ts';

export const item = featureView('item', { from: 'events', entity: 'itemid', time: 'event_time', spread: 4, description: 'How an item does lately.' }, {
  views_1h: count({ where: "event = 'view'", within: '1h' }),
  views_7d: count({ where: "event = 'view'", within: '7d' }),
  carts_7d: count({ where: "event = 'addtocart'", within: '7d' }),
  purchases_7d: count({ where: "event = 'transaction'", within: '7d' }),
  viewers_30d: distinct('visitorid', { where: "event = 'view'", within: '30d' }),
  buyers_30d: distinct('visitorid', { where: "event = 'transaction'", within: '30d' }),
  last_bought_at: last('event_time', { where: "event = 'transaction'", within: '90d' }),
  cart_rate_7d: ratio('carts_7d', 'views_7d'),
  conversion_rate_30d: ratio('buyers_30d', 'viewers_30d', { description: 'Distinct buyers of distinct viewers.' }),
});
