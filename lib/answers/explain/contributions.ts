// What each input of a model's answer contributed.
import { explainer, scorerOf, type FittedModel } from '../../learning/index.ts';
import { isSameNumber } from '../again/comparison.ts';

/** `each`: in the model's margin, in the order of its features, the bias last. */
export type Contributions = { ok: true; each: Float64Array } | { ok: false; why: string };

/**
 * undefined without a model, and for a kind that is no sum of what its inputs contribute. A model that does not give what was answered is not the one that
 * answered: what it says of the inputs is of no answer.
 * @param answered the score; null: the answer has none
 */
export function contributionsOf(fitted: FittedModel | undefined, row: Float32Array, answered: number | null): Contributions | undefined {
  if (fitted?.kind !== 'trees') return undefined;
  const now = scorerOf(fitted)?.(row)[0];
  if (answered !== null && now !== undefined && !isSameNumber(now, answered)) return { ok: false, why: `what each input contributed is not known: model.json gives ${now} where ${answered} was answered, so it is not the one that answered` };
  return { ok: true, each: Float64Array.from(explainer(fitted.model).contributions(row)) };
}
