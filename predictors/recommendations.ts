// What to show next? Learned from who looked at, put into the cart and bought what.
import { byTime, predictor, recommender } from '../lib/learning/index.ts';

export const recommendations = predictor('recommendations', {
  question: 'Which items should this visitor see next?',
  owner: 'growth',
  entities: ['visitorid', 'itemid'],
  features: [],
  label: 'interest',
  algorithm: recommender({ halfLife: 28, factors: 16, listed: 10, recentDays: 30, seed: 42 }),
  output: 'value',
  split: byTime({ validate: '21d', test: '28d', gap: '1d' }),
  gate: { metric: 'ndcg_at_10', notWorseThanChampion: 0.005 },
  writes: 'gold.recommendations',
});
