// What will this customer be worth? Revenue of the half year to come: a whole one would leave a shop of two years nothing to test on.
import { byTime, randomForest, predictor } from '../lib/learning/index.ts';

export const clv = predictor('clv', {
  question: 'What will this customer spend in the next 180 days, in the currency of the marketplace?',
  owner: 'growth',
  entities: ['customer_unique_id'],
  features: [
    'recency_days', 'days_since_first', 'frequency', 'orders_180d', 'monetary_value', 'avg_order_value', 'clv_formula', 'total_items_purchased', 'avg_review_score', 'last_review_score',
    'last_delivery_delay', 'max_installments',
  ],
  label: 'spent',
  output: 'value',
  // A forest's answer is a mean of what customers spent, so that it is never below 0.
  algorithm: randomForest({ task: 'regression', trees: 150, depth: 7, minLeafWeight: 20, featuresPerSplit: 'third', seed: 42 }),
  // Nothing validates, so that all rows before the test window's gap are learned from.
  split: byTime({ validate: '196d', test: '31d', gap: '180d' }),
  gate: { metric: 'rmse', notWorseThanChampion: 5 },
});
