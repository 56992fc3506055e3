// What to show next: four opinions of every item (looked at before, what others went on to, taste, popular of late), added up by their weights.
import { tasteFor, type Factorisation } from './factorisation.ts';
import { best } from './interactions.ts';

/** How much each opinion counts. */
export interface OpinionWeights {
  /** What the visitor looked at and did not buy. */
  again: number;
  /** What visitors of the same items went on to. */
  beside: number;
  /** What fits the visitor's taste, by matrix factorisation. */
  taste: number;
  popular: number;
}

/** What opinions are formed from. */
export interface Opinions {
  items: readonly string[];
  /** Of each item, up to 1 for the most popular. */
  popular: Float64Array;
  neighbours: readonly { item: number; score: number }[][];
  tastes: Factorisation;
}

export interface RecommenderModel extends Opinions {
  weights: OpinionWeights;
}

/** Something that somebody had to do with: an item by its number, how much, and when (milliseconds since 1970). */
export interface Met { item: number; weight: number; at: number }

/** A weight of this much or more is a purchase, which is not shown again. */
export const BOUGHT = 5;

export const OPINIONS = ['again', 'beside', 'taste', 'popular'] as const satisfies readonly (keyof OpinionWeights)[];

const DAY = 86_400_000;
/** Days after which having looked at an item counts by 1/e, as in the interest that features hold. */
const FADES = 7;

/** So many of the most popular items are thought of for everybody; more only where somebody's own history brings them up. */
const POPULAR = 1_000;

/** Items for someone who met these, best first, with the sum of their opinions, 0 to 1 each. What was bought is left out, and what `hide` names. */
export function recommendTo(model: RecommenderModel, before: readonly Met[], count: number, hide: ReadonlySet<number> = new Set()): { item: number; score: number }[] {
  const asked = OPINIONS.filter((name) => model.weights[name] > 0);
  const { candidates, opinions, hidden } = opinionsFor(model, before, hide, asked);
  const scores = new Float64Array(candidates.length);
  opinions.forEach((opinion, index) => {
    const weight = model.weights[asked[index]!];
    for (let at = 0; at < scores.length; at += 1) scores[at]! += weight * opinion[at]!;
  });
  return best(scores, count, hidden).map((at) => ({ item: candidates[at]!, score: scores[at]! }));
}

/**
 * The items to think of, ascending, and these opinions of each, 0 to 1; `hidden`: places among them that are not to be shown. These have their opinions all the same: whoever
 * has bought what they looked at most is less drawn to the rest of it. What the model does not know tells it nothing.
 */
export function opinionsFor(
  { items, popular, neighbours, tastes }: Opinions, met: readonly Met[], hide: ReadonlySet<number> = new Set(), asked: readonly (keyof OpinionWeights)[] = OPINIONS,
): { candidates: Int32Array; opinions: Float64Array[]; hidden: ReadonlySet<number> } {
  const before = met.filter(({ item }) => item < items.length);
  const bought = new Set(before.flatMap(({ item, weight }) => (weight >= BOUGHT ? [item] : [])));
  const newest = before.reduce((latest, { at }) => Math.max(latest, at), 0);
  const [again, beside] = [new Map<number, number>(), new Map<number, number>()];
  for (const { item, weight, at } of before) {
    again.set(item, (again.get(item) ?? 0) + weight * Math.exp(-(newest - at) / DAY / FADES));
    for (const near of neighbours[item]!) beside.set(near.item, (beside.get(near.item) ?? 0) + weight * near.score);
  }
  const candidates = Int32Array.from(new Set([...mostPopular(popular), ...again.keys(), ...beside.keys()])).sort();
  return {
    candidates, hidden: new Set(Array.from(candidates.keys()).filter((at) => hide.has(candidates[at]!) || bought.has(candidates[at]!))),
    opinions: asked.map((name) => {
      switch (name) {
        case 'again': return toOne(Float64Array.from(candidates, (item) => again.get(item) ?? 0));
        case 'beside': return toOne(Float64Array.from(candidates, (item) => beside.get(item) ?? 0));
        case 'taste': return before.length === 0 ? new Float64Array(candidates.length) : toOne(tasteFor(tastes, before, candidates));
        case 'popular': return Float64Array.from(candidates, (item) => popular[item]!);
      }
    }),
  };
}

const RANKED = new WeakMap<Float64Array, readonly number[]>();

function mostPopular(popular: Float64Array): readonly number[] {
  const known = RANKED.get(popular);
  if (known !== undefined) return known;
  const ranked = [...popular.keys()].sort((left, right) => popular[right]! - popular[left]! || left - right).slice(0, POPULAR);
  RANKED.set(popular, ranked);
  return ranked;
}

/** As shares of the greatest; what is below 0 counts as 0. */
function toOne(values: Float64Array): Float64Array {
  const most = values.reduce((greatest, value) => Math.max(greatest, value), 0);
  return most > 0 ? values.map((value) => Math.max(0, value / most)) : values.fill(0);
}
