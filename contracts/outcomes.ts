// What happened after an answer, as back ends report it.
import { config } from '../millrace.config.ts';
import { decimal, epochMs, id, source, text } from '../lib/contracts/index.ts';

export const outcomes = source('outcomes', {
  description: 'One row something that happened after an answer of the scoring API: a purchase, a cart, an abandonment.',
  owner: 'learning',
  version: '1.0',
  files: { names: ['outcomes*.jsonl'], format: 'jsonl' },
  stream: { partitionKey: 'outcome_id', maxAgeDays: 365, maxFutureMinutes: 15 },
  timeZone: config.shop.timeZone,
  currency: config.shop.currency,
  key: ['outcome_id'],
  columns: {
    outcome_id: id({ description: 'The reporter\'s id of it, so that it counts once.' }),
    prediction_id: id({ nullable: true, references: 'predictions' }),
    unit: id({ nullable: true, description: 'Whose outcome it is, where no prediction is named.' }),
    outcome: text({ accepted: ['purchase', 'cart', 'abandonment', 'view', 'churn', 'delivered', 'other'] }),
    value: decimal({ precision: 18, scale: 4, nullable: true, round: true, description: 'In the currency of the shop; days for a delivery.' }),
    occurred_at: epochMs({ min: 0, max: 4_102_444_800_000 }),
    key_id: text(),
  },
  rules: { follows_something: 'prediction_id IS NOT NULL OR unit IS NOT NULL' },
});
