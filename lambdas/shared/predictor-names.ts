// Which predictors answer row by row, for functions that need no more of them. In a bundle the build has written the names in its place.
import { answersRows } from '../../lib/learning/index.ts';
import { PREDICTOR_PLANS } from './predictor-plans.ts';

export const PREDICTOR_NAMES: readonly string[] = PREDICTOR_PLANS.filter(({ algorithm }) => answersRows(algorithm)).map(({ name }) => name);
