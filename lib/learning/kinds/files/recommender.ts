// Recommendations as a file: items, neighbours, factors, and the weights of the opinions.
import { factorisationOf } from '../../recommend/factorisation.ts';
import { OPINIONS, type OpinionWeights, type RecommenderModel } from '../../recommend/opinions.ts';
import { taggedModel, taggedText, type BringUp, type ModelFields, type ModelFile } from './fields.ts';

const TAG = 'recommender';
const VERSION = 2;

export const recommenderFile: ModelFile<RecommenderModel> = {
  write: ({ items, popular, lately, always, neighbours, tastes, fades, weights, besideWeights }) => taggedText(TAG, VERSION, {
    items, popular: [...popular], lately: [...lately], always: [...always], neighbours: neighbours.map((near) => ({ items: near.map(({ item }) => item), scores: near.map(({ score }) => score) })),
    factors: tastes.factors, itemFactors: [...tastes.itemFactors], fades, weights, besideWeights,
  }),
  read(text) {
    const fields = taggedModel(text, TAG, VERSION, { 1: fromFirst });
    const items = fields.texts('items');
    if (new Set(items).size !== items.length) fields.refuse('items', 'an item is there twice');
    const factors = fields.count('factors');
    const fades = fields.number('fades');
    if (!(fades > 0)) fields.refuse('fades', `${fades} days`);
    const popularity = (name: 'popular' | 'lately' | 'always'): Float64Array => Float64Array.from(fields.numbers(name, items.length));
    const near = fields.objects('neighbours');
    if (near.length !== items.length) fields.refuse('neighbours', `${near.length} lists for ${items.length} items`);
    return {
      items, popular: popularity('popular'), lately: popularity('lately'), always: popularity('always'), fades, tastes: factorisationOf(factors, items.length, Float64Array.from(fields.numbers('itemFactors', items.length * factors))),
      neighbours: near.map((one) => {
        const others = one.places('items', items.length);
        const scores = one.numbers('scores', others.length);
        return others.map((item, index) => ({ item, score: scores[index]! }));
      }),
      weights: weightsOf(fields.child('weights')), besideWeights: weightsOf(fields.child('besideWeights')),
    };
  },
};

function weightsOf(fields: ModelFields): OpinionWeights {
  return Object.fromEntries(OPINIONS.map((name) => [name, fields.number(name)])) as unknown as OpinionWeights;
}

/** The first version knew one popularity, histories that fade in a week, and beside an item the same weights, its neighbours as least as much as what is popular. */
const fromFirst: BringUp = (model) => {
  const weights = { ...(model['weights'] as OpinionWeights | undefined), lately: 0, always: 0 };
  return { ...model, lately: model['popular'], always: model['popular'], fades: 7, weights, besideWeights: { ...weights, again: 0, beside: Math.max(1, weights.beside ?? 0) } };
};
