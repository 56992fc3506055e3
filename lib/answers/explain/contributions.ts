// What each input of a model's answer contributed.
import { explainer, type FittedModel } from '../../learning/index.ts';

/** In the model's margin, the bias last; undefined for a kind that is no sum of what its inputs contribute. */
export function contributionsOf(fitted: FittedModel | undefined, row: Float32Array): Float64Array | undefined {
  return fitted?.kind === 'trees' ? Float64Array.from(explainer(fitted.model).contributions(row)) : undefined;
}
