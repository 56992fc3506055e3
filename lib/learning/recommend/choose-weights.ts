// How much each opinion counts: from what is popular on, one weight after the other, each change kept only if later visits bear it out by more than chance.
import { discountedGainAt } from './evaluation.ts';
import { best } from './interactions.ts';
import { OPINIONS, type OpinionsOfSomebody, type OpinionWeights } from './opinions.ts';

/** The opinions of a visit before it, and what was then taken. */
export interface JudgedVisit extends OpinionsOfSomebody { taken: ReadonlySet<number> }

export interface ChosenWeights {
  weights: OpinionWeights;
  /** Mean discounted gain of ten over the visits. */
  gain: number;
}

export const NO_OPINION: OpinionWeights = Object.freeze({ again: 0, beside: 0, taste: 0, popular: 0, lately: 0, always: 0 });

const STEPS = [0, 0.03, 0.1, 0.3, 1, 3, 10];
const ROUNDS = 2;

/**
 * Weights of the opinions that are allowed (those of `judged` are in the order of `OPINIONS`), beginning with `start`, or with another beginning that is borne out. Equal visits choose
 * equally.
 */
export function chooseWeights(judged: readonly JudgedVisit[], start: OpinionWeights, allowed: readonly (keyof OpinionWeights)[] = OPINIONS, others: readonly OpinionWeights[] = []): ChosenWeights {
  let weights = start;
  let scores = judged.map(({ candidates, opinions }) => summed(candidates.length, opinions, start));
  let gains = gainsOf(judged, scores);
  for (const other of others) {
    const trial = judged.map(({ candidates, opinions }) => summed(candidates.length, opinions, other));
    const found = gainsOf(judged, trial);
    if (isBorneOut(gains, found)) [weights, scores, gains] = [other, trial, found];
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of allowed) {
      const place = OPINIONS.indexOf(name);
      let better: { weights: OpinionWeights; scores: Float64Array[]; gains: Float64Array } | undefined;
      for (const step of STEPS) {
        const change = step - weights[name];
        if (change === 0 || !hasPopularity({ ...weights, [name]: step })) continue;
        const trial = scores.map((score, visit) => {
          const opinion = judged[visit]!.opinions[place]!;
          return score.map((value, at) => value + change * opinion[at]!);
        });
        const found = gainsOf(judged, trial);
        if (isBorneOut(gains, found) && (better === undefined || mean(found) > mean(better.gains))) better = { weights: { ...weights, [name]: step }, scores: trial, gains: found };
      }
      if (better !== undefined) ({ weights, scores, gains } = better);
    }
  }
  return { weights, gain: mean(gains) };
}

function summed(length: number, opinions: readonly Float64Array[], weights: OpinionWeights): Float64Array {
  const scores = new Float64Array(length);
  OPINIONS.forEach((name, place) => {
    const [weight, opinion] = [weights[name], opinions[place]!];
    if (weight > 0) for (let at = 0; at < length; at += 1) scores[at]! += weight * opinion[at]!;
  });
  return scores;
}

function gainsOf(judged: readonly JudgedVisit[], scores: readonly Float64Array[]): Float64Array {
  return Float64Array.from(judged, ({ candidates, hidden, taken }, visit) => discountedGainAt(best(scores[visit]!, 10, hidden).map((at) => candidates[at]!), taken, 10));
}

/** Something must fill the list of somebody of whom nothing is known. */
function hasPopularity({ popular, lately, always }: OpinionWeights): boolean {
  return popular + lately + always > 0;
}

/** Whether the mean of the differences is above 0 by more than its standard error. */
function isBorneOut(before: Float64Array, after: Float64Array): boolean {
  const differences = after.map((gain, visit) => gain - before[visit]!);
  const middle = mean(differences);
  const squares = differences.reduce((sum, difference) => sum + (difference - middle) ** 2, 0);
  return middle > Math.sqrt(squares) / Math.max(1, differences.length);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
