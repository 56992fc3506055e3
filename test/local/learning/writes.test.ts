// Batch predictions replace the whole of the table that they go to: it must not be somebody else's.
import { expect, it } from 'vitest';
import { checkWrites } from '../../../lib/local/learning/train.ts';
import type { LoadedPredictor } from '../../../lib/learning/index.ts';
import type { Model } from '../../../lib/warehouse/index.ts';

const models = new Map([['gold.customer_metrics', {} as Model]]);
const writing = (writes: string) => ({ name: 'mine', writes, file: 'predictors/mine.ts' }) as LoadedPredictor;

it.each([
  ['gold.customer_metrics', /mine writes gold\.customer_metrics, which the batch makes from sql\/gold\/customer_metrics\.sql/],
  ['gold.prices', /mine writes gold\.prices, which `millrace prices compute` makes/],
])('a predictor that writes %s is refused', (writes, message) => {
  expect(() => checkWrites(writing(writes), { models })).toThrow(message);
});

it('a table of its own is none of theirs', () => {
  expect(() => checkWrites(writing('gold.mine_predictions'), { models })).not.toThrow();
});
