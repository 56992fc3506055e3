// Student's quantiles, beside those of the tables: few values foretell little.
import { expect, test } from 'vitest';
import { studentQuantile } from '../../../lib/learning/smoothing/student.ts';

test.each([
  [1, 6.313752, 12.706205, 63.656741], [2, 2.919986, 4.302653, 9.924843], [3, 2.353363, 3.182446, 5.840909], [4, 2.131847, 2.776445, 4.604095], [5, 2.015048, 2.570582, 4.032143],
  [20, 1.724718, 2.085963, 2.84534], [100, 1.660234, 1.983972, 2.625891], [Infinity, 1.644854, 1.959964, 2.575829],
])('with %d degrees of freedom', (freedom, ...quantiles) => {
  [0.95, 0.975, 0.995].forEach((probability, at) => expect(Math.abs(studentQuantile(probability, freedom) / quantiles[at]! - 1)).toBeLessThan(1e-5));
});
