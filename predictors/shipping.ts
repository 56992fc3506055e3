// What does it cost to send a piece there? Asked where no carrier's card says, and beside what the carriers ask.
import { byTime, gradientBoosting, predictor } from '../lib/learning/index.ts';

export const shipping = predictor('shipping', {
  question: 'What will the freight of this piece be, in the currency of the marketplace?',
  owner: 'logistics',
  entities: ['product_id', 'delivery_zone'],
  features: [
    'weight_kg', 'volumetric_weight_kg', 'chargeable_weight_kg', 'distance_km', 'origin_latitude', 'origin_longitude', 'destination_latitude', 'destination_longitude',
  ],
  label: 'freight',
  output: 'value',
  algorithm: gradientBoosting({
    objective: 'reg:squarederror', trees: 400, depth: 4, learningRate: 0.06, minChildWeight: 5, lambda: 2, earlyStopping: 25,
    // Whatever else changes, a heavier or larger piece is never cheaper to send.
    monotone: { weight_kg: 1, volumetric_weight_kg: 1, chargeable_weight_kg: 1 },
  }),
  split: byTime({ validate: '60d', test: '90d', gap: '1d' }),
  gate: { metric: 'rmse', notWorseThanChampion: 0.1 },
});
