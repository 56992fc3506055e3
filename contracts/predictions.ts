// Every answer of the scoring API, as the API logs it.
import { config } from '../millrace.config.ts';
import { boolean, decimal, epochMs, id, source, text } from '../lib/contracts/index.ts';

export const predictions = source('predictions', {
  description: 'One row an answer of the scoring API: what was asked, what it was made from, which version and variant gave it.',
  owner: 'learning',
  version: '1.2',
  files: { names: ['predictions*.jsonl'], format: 'jsonl' },
  stream: { partitionKey: 'prediction_id', maxAgeDays: 30, maxFutureMinutes: 15 },
  timeZone: config.shop.timeZone,
  currency: config.shop.currency,
  key: ['prediction_id'],
  columns: {
    prediction_id: id(),
    request_id: id({ description: 'Of all answers to one request.' }),
    predicted_at: epochMs({ min: 0, max: 4_102_444_800_000 }),
    kind: text({ description: 'The predictor, or price, shipping, recommendations.' }),
    version: text({ description: 'Of the model, the prices, the rate cards.' }),
    experiment: text({ nullable: true }),
    variant: text({ nullable: true }),
    unit: id({ nullable: true, description: 'Who was assigned: a visitor or a customer.' }),
    device: text({ nullable: true, description: 'Of who is asked about, where the request names it; likewise the three below.' }),
    country: text({ nullable: true }),
    channel: text({ nullable: true }),
    customer_type: text({ nullable: true }),
    entity: text({ description: 'What was asked about, as JSON.' }),
    features: text({ description: 'Every input as the model got it, as JSON.' }),
    response: text({ description: 'What was answered, as JSON.' }),
    score: decimal({ precision: 28, scale: 12, nullable: true, round: true }),
    fallback: boolean({ description: 'The answer does not come from the model.' }),
    reason: text({ nullable: true, description: 'Of a fall-back: why it is one, as features_missing.' }),
    key_id: text({ description: 'Names the API key, and is not the key.' }),
    latency_ms: decimal({ precision: 12, scale: 3, min: 0, round: true }),
  },
});
