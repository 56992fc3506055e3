// What predictors are declared. Here it is read from the project's folder; in a bundle the build has written the result in its place.
import { fileURLToPath } from 'node:url';
import { loadPredictors, type LoadedPredictor } from '../../lib/learning/index.ts';

export const PREDICTOR_PLANS: readonly LoadedPredictor[] = [...(await loadPredictors(fileURLToPath(new URL('../../predictors', import.meta.url)))).values()];
