// Whom /invocations asks where nobody says whom.
import { predictRoute } from './routes/predict.ts';

/** The predictor that the examples of the document ask, so that they work as they stand; the first one where there is no such. */
export function defaultPredictorOf(declared: readonly string[]): string | undefined {
  const shown = predictRoute.params?.['predictor']?.example;
  return declared.find((name) => name === shown) ?? declared[0];
}
