// Datasets for kinds of predictors, as a training set's SELECT would give them.
import { datasetOf, type Dataset, type Predictor } from '../../../lib/learning/index.ts';

export const DAY = 86_400_000;
export const FIRST = Date.parse('2017-01-02T00:00:00Z');

export function dataOf(predictor: Predictor, rows: readonly { entity: readonly string[]; day: number; features?: readonly (number | null)[]; label?: number | null }[]): Dataset {
  const columns = [...predictor.entities, 'at_time', ...predictor.features, ...(predictor.label === undefined ? [] : [predictor.label])];
  return datasetOf(predictor, columns, rows.map(({ entity, day, features = [], label = null }) => [
    ...entity, new Date(FIRST + day * DAY).toISOString(), ...features, ...(predictor.label === undefined ? [] : [label]),
  ]));
}

/** A draw of Poisson's distribution, by Knuth's products. */
export function poisson(mean: number, uniform: () => number): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = uniform(); product > limit; product *= uniform()) count += 1;
  return count;
}
