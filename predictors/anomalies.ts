// Which days stand out? Of the shop's daily figures and of what shipping costs.
import { byTime, predictor, robustResidual } from '../lib/learning/index.ts';

export const anomalies = predictor('anomalies', {
  question: 'Is this figure of this day far from what the weekday and the weeks before led to expect?',
  owner: 'finance',
  entities: ['metric', 'slice'],
  features: [],
  label: 'figure',
  algorithm: robustResidual({ window: 28, threshold: 3, scale: 'sqrt' }),
  output: 'value',
  split: byTime({ validate: '28d', test: '91d', gap: '1d' }),
  gate: { metric: 'auc', notWorseThanChampion: 0.01 },
  writes: 'gold.anomalies',
});
