// What a visitor has to do with an item: how much, how far, how lately.
import { featureView, last, max, sum } from '../lib/features/index.ts';

export const interest = featureView('interest', { from: 'events', entity: ['visitorid', 'itemid'], time: 'event_time', description: 'What a visitor has to do with an item.' }, {
  interaction_score_30d: sum("CASE event WHEN 'view' THEN 1 WHEN 'addtocart' THEN 3 WHEN 'transaction' THEN 5 ELSE 0 END", { within: '30d' }),
  funnel_depth_30d: max("CASE event WHEN 'view' THEN 1 WHEN 'addtocart' THEN 2 WHEN 'transaction' THEN 3 ELSE 0 END", { within: '30d', description: '1 viewed, 2 in the cart, 3 bought.' }),
  last_at: last('event_time', { within: '30d' }),
});
