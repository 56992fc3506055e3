// Will this visitor buy this item? Asked of whoever has looked at it or put it in the cart.
import { byTime, gradientBoosting, predictor } from '../lib/learning/index.ts';

export const conversion = predictor('conversion', {
  question: 'Will this visitor buy this item within seven days?',
  owner: 'growth',
  entities: ['visitorid', 'itemid'],
  features: [
    'interest.interaction_score_30d', 'interest.funnel_depth_30d', 'interest.last_at',
    'visitor.views_1h', 'visitor.views_7d', 'visitor.carts_7d', 'visitor.searches_7d', 'visitor.purchases_30d', 'visitor.items_seen_30d', 'visitor.cart_rate_7d', 'visitor.last_seen_at',
    'item.views_7d', 'item.carts_7d', 'item.purchases_7d', 'item.cart_rate_7d', 'item.conversion_rate_30d',
  ],
  label: 'converted',
  baseline: 'interest.interaction_score_30d',
  algorithm: gradientBoosting({ trees: 200, depth: 4, learningRate: 0.08, minChildWeight: 5, lambda: 2, earlyStopping: 20 }),
  sample: { most: 200_000, seed: 1 },
  split: byTime({ validate: '14d', test: '28d', gap: '7d' }),
  gate: { metric: 'auc', notWorseThanChampion: 0.002, calibrationError: 0.05 },
});
