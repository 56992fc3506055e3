// Will this customer stay away? A forest, as the field's seeds have it, on a label from the future instead of one that repeats recency.
import { byTime, predictor, randomForest } from '../lib/learning/index.ts';

export const churn = predictor('churn', {
  question: 'Will this customer buy nothing in the next ninety days?',
  owner: 'growth',
  entities: ['customer_unique_id'],
  features: [
    'recency_days', 'frequency', 'monetary_value', 'avg_order_value', 'customer_lifetime_days', 'total_items_purchased', 'avg_review_score', 'last_review_score', 'avg_delivery_days',
    'avg_delivery_delay', 'last_delivery_delay', 'days_since_delivery', 'late_orders', 'max_installments', 'freight_share', 'category_return_rate',
  ],
  label: 'churned',
  baseline: 'recency_days',
  algorithm: randomForest({ trees: 100, depth: 5, seed: 42 }),
  split: byTime({ validate: '120d', test: '60d', gap: '90d' }),
  // A growing shop has ever more new customers, so that its base rate moves between what is learned and what is tested.
  gate: { metric: 'auc', notWorseThanChampion: 0.002, calibrationError: 0.1, slices: { by: ['customer_state'], leastRows: 200, notWorseThanChampion: 0.03 } },
  writes: 'gold.customer_churn_predictions',
});
