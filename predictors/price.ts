// How many pieces of this product go in a week at this price? The model-based price policy asks it for one price after the other.
import { byTime, gradientBoosting, predictor } from '../lib/learning/index.ts';

export const price = predictor('price', {
  question: 'How many pieces of this product will be sold in a week at this price?',
  owner: 'pricing',
  entities: ['product_id'],
  features: ['price_to_usual', 'price_to_competitor', 'weekly_units_28d', 'weekly_units_364d', 'category_units_28d'],
  label: 'units',
  output: 'value',
  algorithm: gradientBoosting({
    objective: 'reg:squarederror', trees: 120, depth: 3, learningRate: 0.05, minChildWeight: 20, lambda: 5, subsample: 0.5, seed: 42,
    // Nothing sells more because it costs more, nor less because it has sold more: without this, noise would let a policy ask ever more.
    monotone: { price_to_usual: -1, price_to_competitor: -1, weekly_units_28d: 1, weekly_units_364d: 1, category_units_28d: 1 },
  }),
  split: byTime({ validate: '28d', test: '28d', gap: '7d' }),
  gate: { metric: 'rmse', notWorseThanChampion: 0.01 },
});
