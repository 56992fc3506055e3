// Recommendations as a file: items, neighbours, factors, and the weights of the opinions.
import { factorisationOf } from '../../recommend/factorisation.ts';
import type { RecommenderModel } from '../../recommend/opinions.ts';
import { taggedModel, taggedText, type ModelFile } from './fields.ts';

const TAG = 'recommender';
const VERSION = 1;

export const recommenderFile: ModelFile<RecommenderModel> = {
  write: ({ items, popular, neighbours, tastes, weights }) => taggedText(TAG, VERSION, {
    items, popular: [...popular], neighbours: neighbours.map((near) => ({ items: near.map(({ item }) => item), scores: near.map(({ score }) => score) })),
    factors: tastes.factors, itemFactors: [...tastes.itemFactors], weights,
  }),
  read(text) {
    const fields = taggedModel(text, TAG, VERSION);
    const items = fields.texts('items');
    if (new Set(items).size !== items.length) fields.refuse('items', 'an item is there twice');
    const factors = fields.count('factors');
    const weights = fields.child('weights');
    const near = fields.objects('neighbours');
    if (near.length !== items.length) fields.refuse('neighbours', `${near.length} lists for ${items.length} items`);
    return {
      items, popular: Float64Array.from(fields.numbers('popular', items.length)), tastes: factorisationOf(factors, items.length, Float64Array.from(fields.numbers('itemFactors', items.length * factors))),
      neighbours: near.map((one) => {
        const others = one.places('items', items.length);
        const scores = one.numbers('scores', others.length);
        return others.map((item, index) => ({ item, score: scores[index]! }));
      }),
      weights: { again: weights.number('again'), beside: weights.number('beside'), taste: weights.number('taste'), popular: weights.number('popular') },
    };
  },
};
