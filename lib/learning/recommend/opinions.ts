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

/** Items for someone who met these, best first, with the sum of their opinions, 0 to 1 each. What was bought is left out, and what `hide` names. */
export function recommendTo(model: RecommenderModel, before: readonly Met[], count: number, hide: ReadonlySet<number> = new Set()): { item: number; score: number }[] {
  const asked = OPINIONS.filter((name) => model.weights[name] > 0);
  const scores = new Float64Array(model.items.length);
  opinionsFor(model, before, asked).forEach((opinion, index) => opinion.forEach((value, item) => (scores[item]! += model.weights[asked[index]!] * value)));
  return best(scores, count, new Set([...hide, ...boughtOf(before)])).map((item) => ({ item, score: scores[item]! }));
}

/** What somebody has, and needs no more. */
export function boughtOf(before: readonly Met[]): number[] {
  return before.filter(({ weight }) => weight >= BOUGHT).map(({ item }) => item);
}

/** These opinions, of every item 0 to 1 each. What the model does not know tells it nothing. */
export function opinionsFor({ items, popular, neighbours, tastes }: Opinions, met: readonly Met[], asked: readonly (keyof OpinionWeights)[] = OPINIONS): Float64Array[] {
  const before = met.filter(({ item }) => item < items.length);
  const newest = before.reduce((latest, { at }) => Math.max(latest, at), 0);
  const summed = (add: (values: Float64Array, one: Met) => void): Float64Array => {
    const values = new Float64Array(items.length);
    for (const one of before) add(values, one);
    return toOne(values);
  };
  return asked.map((name) => {
    switch (name) {
      case 'again': return summed((values, { item, weight, at }) => (values[item]! += weight * Math.exp(-(newest - at) / DAY / FADES)));
      case 'beside': return summed((values, { item, weight }) => {
        for (const near of neighbours[item]!) values[near.item]! += weight * near.score;
      });
      case 'taste': return before.length === 0 ? new Float64Array(items.length) : toOne(tasteFor(tastes, before));
      case 'popular': return popular;
    }
  });
}

/** As shares of the greatest; what is below 0 counts as 0. */
function toOne(values: Float64Array): Float64Array {
  const most = values.reduce((greatest, value) => Math.max(greatest, value), 0);
  return most > 0 ? values.map((value) => Math.max(0, value / most)) : values.fill(0);
}
