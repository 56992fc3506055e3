// What to show next: six opinions of every item (looked at before, what others went on to, taste, popular this week, of late and always), added up by their weights.
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
  /** What is popular of late. */
  popular: number;
  /** The same, of the last days rather than weeks. */
  lately: number;
  /** The same, over all that is known. */
  always: number;
}

/** What opinions are formed from. */
export interface Opinions {
  items: readonly string[];
  /** Of each item, up to 1 for the most popular. */
  popular: Float64Array;
  lately: Float64Array;
  always: Float64Array;
  neighbours: readonly { item: number; score: number }[][];
  tastes: Factorisation;
  /** Days after which having had to do with an item counts by 1/e. */
  fades: number;
}

export interface RecommenderModel extends Opinions {
  /** For what somebody will look at on a later visit. */
  weights: OpinionWeights;
  /** For what goes with an item that somebody looks at now. */
  besideWeights: OpinionWeights;
}

/** Something that somebody had to do with: an item by its number, how much, and when (milliseconds since 1970). */
export interface Met { item: number; weight: number; at: number }

/** A weight of this much or more is a purchase, which is not shown again. */
const BOUGHT = 5;

export const OPINIONS = ['again', 'beside', 'taste', 'popular', 'lately', 'always'] as const satisfies readonly (keyof OpinionWeights)[];

const DAY = 86_400_000;

/** So many of the most popular items, of each kind of popularity, are thought of for everybody; more only where somebody's own history brings them up. */
const POPULAR = 500;

/** So much of a history, the latest, says what there is to say. */
const REMEMBERED = 100;

/** As much as two purchases: beside an item its neighbours count most. */
const LOOKED_AT_NOW = 10;

/** Items for someone who met these, best first, with the sum of their opinions, 0 to 1 each. What was bought is left out, and what `hide` names. */
export function recommendTo(model: RecommenderModel, before: readonly Met[], count: number, hide: ReadonlySet<number> = new Set()): { item: number; score: number }[] {
  return ranked(model, model.weights, before, count, hide);
}

/** Items for someone who looks at this one now, and met those before, which do not come back by themselves. */
export function recommendBeside(model: RecommenderModel, item: number, before: readonly Met[], count: number): { item: number; score: number }[] {
  return ranked(model, model.besideWeights, withLookedAt(before, item), count, new Set([item]));
}

/** A history, and the item that is looked at now. */
export function withLookedAt(before: readonly Met[], item: number): Met[] {
  return [...before, { item, weight: LOOKED_AT_NOW, at: newestOf(before) }];
}

function ranked(model: Opinions, weights: OpinionWeights, before: readonly Met[], count: number, hide: ReadonlySet<number>): { item: number; score: number }[] {
  const asked = OPINIONS.filter((name) => weights[name] > 0);
  return rankedBy(opinionsFor(model, before, hide, asked), asked, weights, count);
}

/** The items that opinions speak for most, added up by their weights; `asked`: whose these opinions are. */
export function rankedBy({ candidates, opinions, hidden }: OpinionsOfSomebody, asked: readonly (keyof OpinionWeights)[], weights: OpinionWeights, count: number): { item: number; score: number }[] {
  const scores = new Float64Array(candidates.length);
  opinions.forEach((opinion, index) => {
    const weight = weights[asked[index]!];
    if (weight > 0) for (let at = 0; at < scores.length; at += 1) scores[at]! += weight * opinion[at]!;
  });
  return best(scores, count, hidden).map((at) => ({ item: candidates[at]!, score: scores[at]! }));
}

export interface OpinionsOfSomebody {
  /** The items to think of, ascending. */
  candidates: Int32Array;
  /** Of each opinion that was asked for, what it says of each of them, 0 to 1. */
  opinions: Float64Array[];
  /**
   * Places among them that are not to be shown. These have their opinions all the same: whoever has bought what they looked at most is less drawn to the rest of it.
   */
  hidden: ReadonlySet<number>;
}

/** What the opinions are for somebody who met these. What the model does not know tells it nothing. */
export function opinionsFor(model: Opinions, met: readonly Met[], hide: ReadonlySet<number> = new Set(), asked: readonly (keyof OpinionWeights)[] = OPINIONS): OpinionsOfSomebody {
  const { items, neighbours, tastes, fades } = model;
  const known = met.filter(({ item }) => item < items.length);
  const bought = new Set(known.flatMap(({ item, weight }) => (weight >= BOUGHT ? [item] : [])));
  const newest = newestOf(known);
  const before = (known.length <= REMEMBERED ? known : known.toSorted((left, right) => left.at - right.at).slice(-REMEMBERED)).map((one) => ({ ...one, weight: one.weight * Math.exp(-(newest - one.at) / DAY / fades) }));
  const [again, beside] = [new Map<number, number>(), new Map<number, number>()];
  for (const { item, weight } of before) {
    again.set(item, (again.get(item) ?? 0) + weight);
    for (const near of neighbours[item]!) beside.set(near.item, (beside.get(near.item) ?? 0) + weight * near.score);
  }
  const candidates = Int32Array.from(new Set([...mostPopular(model), ...again.keys(), ...beside.keys()])).sort();
  return {
    candidates, hidden: new Set(Array.from(candidates.keys()).filter((at) => hide.has(candidates[at]!) || bought.has(candidates[at]!))),
    opinions: asked.map((name) => {
      switch (name) {
        case 'again': return toOne(Float64Array.from(candidates, (item) => again.get(item) ?? 0));
        case 'beside': return toOne(Float64Array.from(candidates, (item) => beside.get(item) ?? 0));
        case 'taste': return before.length === 0 ? new Float64Array(candidates.length) : toOne(tasteFor(tastes, before, candidates));
        default: return Float64Array.from(candidates, (item) => model[name][item]!);
      }
    }),
  };
}

function newestOf(met: readonly Met[]): number {
  return met.reduce((latest, { at }) => Math.max(latest, at), 0);
}

const RANKED = new WeakMap<Float64Array, readonly number[]>();

function mostPopular({ popular, lately, always }: Opinions): Set<number> {
  return new Set([popular, lately, always].flatMap((values) => {
    const known = RANKED.get(values);
    if (known !== undefined) return known;
    const most = [...values.keys()].sort((left, right) => values[right]! - values[left]! || left - right).slice(0, POPULAR);
    RANKED.set(values, most);
    return most;
  }));
}

/** As shares of the greatest; what is below 0 counts as 0. */
function toOne(values: Float64Array): Float64Array {
  const most = values.reduce((greatest, value) => Math.max(greatest, value), 0);
  return most > 0 ? values.map((value) => Math.max(0, value / most)) : values.fill(0);
}
