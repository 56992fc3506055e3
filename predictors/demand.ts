// How much of each product will be sold in each of the next eight weeks?
import { byTime, exponentialSmoothing, predictor } from '../lib/learning/index.ts';

export const demand = predictor('demand', {
  question: 'How many pieces of this product will be sold in this week?',
  owner: 'logistics',
  entities: ['category', 'product_id'],
  features: [],
  label: 'units',
  algorithm: exponentialSmoothing({ period: '7d', season: 52, group: 'category', confidence: 0.9 }),
  output: 'value',
  split: byTime({ validate: '91d', test: '56d', gap: '1d' }),
  gate: { metric: 'rmse', notWorseThanChampion: 0.01 },
  writes: 'gold.demand_forecasts',
});
