// Which predictors there are, for functions that need no more of them. In a bundle the build has written the names in its place.
import { PREDICTOR_PLANS } from './predictor-plans.ts';

export const PREDICTOR_NAMES: readonly string[] = PREDICTOR_PLANS.map(({ name }) => name);
