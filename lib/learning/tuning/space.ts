// Where a search for settings looks: for each setting a few choices, or a range.
import type { Random } from '../random.ts';

/** `scale: 'log'`: as often between 0.01 and 0.1 as between 0.1 and 1. `whole`: whole numbers only. */
export type Dimension = { choices: readonly (number | boolean | string)[] } | { from: number; to: number; scale?: 'linear' | 'log'; whole?: boolean };

/** By the name of a setting. */
export type SearchSpace = Readonly<Record<string, Dimension>>;

export type Candidate = Readonly<Record<string, number | boolean | string>>;

export const choice = (...choices: (number | boolean | string)[]): Dimension => ({ choices });
export const range = (from: number, to: number, { scale = 'linear', whole = false }: { scale?: 'linear' | 'log'; whole?: boolean } = {}): Dimension => ({ from, to, scale, whole });

export const DEFAULT_SPACES: Readonly<Record<'gradient_boosting' | 'random_forest', SearchSpace>> = Object.freeze({
  gradient_boosting: {
    depth: range(3, 8, { whole: true }), learningRate: range(0.02, 0.3, { scale: 'log' }), minChildWeight: range(1, 50, { scale: 'log' }), lambda: range(0.5, 20, { scale: 'log' }), subsample: range(0.6, 1), featuresPerTree: range(0.5, 1),
  },
  random_forest: { depth: range(4, 14, { whole: true }), minLeafWeight: range(1, 50, { scale: 'log', whole: true }) },
});

/** One point of the space; equal draws for equal seeds, in the order of the settings' names. */
export function drawCandidate(space: SearchSpace, { uniform }: Random): Candidate {
  return Object.fromEntries(Object.entries(space).sort(([left], [right]) => (left < right ? -1 : 1)).map(([name, dimension]) => [name, valueAt(dimension, uniform())]));
}

function valueAt(dimension: Dimension, share: number): number | boolean | string {
  if ('choices' in dimension) return dimension.choices[Math.floor(share * dimension.choices.length)]!;
  const { from, to, scale, whole } = dimension;
  const upper = whole === true ? to + 1 : to;
  const value = scale === 'log' ? from * (upper / from) ** share : from + (upper - from) * share;
  return whole === true ? Math.min(to, Math.floor(value)) : Number(value.toPrecision(4));
}
