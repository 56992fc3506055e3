// Which customers are alike? Three groups by how recently, how often and for how much they bought.
import { byTime, kMeans, predictor } from '../lib/learning/index.ts';

export const segments = predictor('segments', {
  question: 'Which of three groups of alike customers does this one belong to?',
  owner: 'growth',
  entities: ['customer_unique_id'],
  features: ['recency_days', 'frequency', 'monetary_value'],
  algorithm: kMeans({ clusters: 3, orderBy: 'monetary_value', names: ['low value', 'middle value', 'high value'], seed: 42 }),
  output: 'value',
  split: byTime({ validate: '30d', test: '1d', gap: '1d' }),
  gate: { metric: 'silhouette', notWorseThanChampion: 0.05 },
  writes: 'gold.customer_segments_ml',
});
