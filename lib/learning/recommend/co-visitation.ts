// Items that the same users have to do with: neighbours by how often they met both, shrunk where few users speak for them. With popularity as the fall-back.
import { best, checkInteractions, groupBy, type Grouped, type Interactions } from './interactions.ts';

export interface CoVisitation {
  /** Of each item, its nearest items, best first. */
  neighbours: readonly { item: number; score: number }[][];
  /** All items by what they were visited in all, most first. */
  popular: number[];
}

export interface CoVisitationSettings extends NeighbourSettings {
  /** Users with more items than this say little about any two: only so many of theirs are paired, the latest, or without times the heaviest. Default 100. */
  mostItems?: number;
}

export interface NeighbourSettings {
  /** Neighbours kept an item. Default 50. */
  keep?: number;
  /** Users that are counted as if they had met only one of two items: pairs that few users met count less. Default 5. */
  shrinkage?: number;
  /**
   * How much a neighbour's own visitors count against it: 0.5 is the cosine, which asks what is special to the two; nearer to 0 it is the share of the visitors of the one that went on to
   * the other. Default 0.5.
   */
  penalty?: number;
}

/** How often the same users met two items. */
export interface Together {
  /** Of each item, the others; undefined where there are none. */
  met: readonly (ReadonlyMap<number, number> | undefined)[];
  /** Users an item. */
  visitors: Float64Array;
}

const DAY = 86_400_000;
/** Days between two items of one user after which they count by 1/e as met together. */
const APART = 3;

/** Counts pairs; where `at` says when entries were (milliseconds), those that lie apart in time count less. */
export function countTogether(interactions: Interactions, at?: Float64Array, mostItems = 100): Together {
  checkInteractions(interactions);
  const { users, items, user, item, weight } = interactions;
  const entries = at === undefined ? groupBy(users, user, item, weight) : byUserAndTime(interactions, at);
  const met = Array.from({ length: items }, (): Map<number, number> | undefined => undefined);
  const visitors = new Float64Array(items);
  const count = (one: number, other: number, much: number): void => {
    const others = (met[one] ??= new Map());
    others.set(other, (others.get(other) ?? 0) + much);
  };
  for (let u = 0; u < users; u += 1) {
    let mine = Array.from({ length: entries.begins[u + 1]! - entries.begins[u]! }, (_, i) => entries.begins[u]! + i);
    for (const item_ of new Set(mine.map((entry) => entries.other[entry]!))) visitors[item_]! += 1;
    // Those with times are in their order.
    if (mine.length > mostItems) mine = at === undefined ? mine.toSorted((a, b) => entries.weight[b]! - entries.weight[a]! || a - b).slice(0, mostItems) : mine.slice(-mostItems);
    for (let i = 0; i < mine.length; i += 1) {
      for (let j = i + 1; j < mine.length; j += 1) {
        const [a, b] = [entries.other[mine[i]!]!, entries.other[mine[j]!]!];
        if (a === b) continue;
        const much = at === undefined ? 1 : Math.exp(-Math.abs(entries.weight[mine[j]!]! - entries.weight[mine[i]!]!) / DAY / APART);
        count(a, b, much);
        count(b, a, much);
      }
    }
  }
  return { met, visitors };
}

/** Entries of each user in the order of time, with the time for a weight. */
function byUserAndTime({ users, user, item }: Interactions, at: Float64Array): Grouped {
  const order = Uint32Array.from(at.keys()).sort((a, b) => user[a]! - user[b]! || at[a]! - at[b]! || item[a]! - item[b]!);
  const begins = new Int32Array(users + 1);
  for (const who of user) begins[who + 1]! += 1;
  for (let u = 0; u < users; u += 1) begins[u + 1]! += begins[u]!;
  return { begins, other: Int32Array.from(order, (entry) => item[entry]!), weight: Float64Array.from(order, (entry) => at[entry]!) };
}

/** Of each item the nearest, best first; of equally near ones the lower number first. */
export function neighboursOf({ met, visitors }: Together, { keep = 50, shrinkage = 5, penalty = 0.5 }: NeighbourSettings = {}): { item: number; score: number }[][] {
  return met.map((others, a) => [...others ?? []]
    .map(([b, both]) => ({ item: b, score: both / (visitors[a]! ** (1 - penalty) * visitors[b]! ** penalty + shrinkage) }))
    .sort((x, y) => y.score - x.score || x.item - y.item)
    .slice(0, keep));
}

export function trainCoVisitation(interactions: Interactions, { mostItems, ...settings }: CoVisitationSettings = {}): CoVisitation {
  const neighbours = neighboursOf(countTogether(interactions, undefined, mostItems), settings);
  const totals = new Float64Array(interactions.items);
  interactions.item.forEach((item, entry) => (totals[item]! += interactions.weight[entry]!));
  return { neighbours, popular: best(totals, interactions.items, new Set()) };
}

/** Items for someone who met these, best first; popular ones fill the list where neighbours do not. Items met are left out. */
export function recommendByCoVisitation({ neighbours, popular }: CoVisitation, history: readonly { item: number; weight: number }[], count: number): number[] {
  const scores = new Float64Array(popular.length).fill(-Infinity);
  const seen = new Set(history.map(({ item }) => item));
  for (const { item, weight } of history) for (const near of neighbours[item] ?? []) scores[near.item] = Math.max(scores[near.item]!, 0) + weight * near.score;
  const first = best(scores, count, seen);
  const taken = new Set([...seen, ...first]);
  for (let rank = 0; rank < popular.length && first.length < count; rank += 1) if (!taken.has(popular[rank]!)) first.push(popular[rank]!);
  return first;
}
