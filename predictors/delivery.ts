// By when will a parcel have arrived, nine times in ten? Asked for the day that is promised at the checkout.
import { byTime, gradientBoosting, predictor } from '../lib/learning/index.ts';

export const delivery = predictor('delivery', {
  question: 'Within how many days from hand-over will nine of ten such parcels have arrived?',
  owner: 'logistics',
  entities: ['order_id'],
  features: ['distance_km', 'origin_latitude', 'origin_longitude', 'destination_latitude', 'destination_longitude', 'chargeable_weight_kg', 'zone_days_28d'],
  label: 'transit_days',
  // By when the seller has to hand it over is set when it is bought.
  knownAhead: ['order_items.shipping_limit_date'],
  output: 'value',
  algorithm: gradientBoosting({ objective: 'reg:quantileerror', quantile: 0.9, trees: 300, depth: 2, learningRate: 0.06, minChildWeight: 20, lambda: 2, earlyStopping: 25 }),
  split: byTime({ validate: '120d', test: '90d', gap: '60d' }),
  gate: { metric: 'pinball', notWorseThanChampion: 0.02 },
});
