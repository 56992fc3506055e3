// Items that the same users have to do with: neighbours by cosine, shrunk where few users speak for them. With popularity as the fall-back.
import { best, checkInteractions, groupBy, type Interactions } from './interactions.ts';

export interface CoVisitation {
  /** Of each item, its nearest items, best first. */
  neighbours: readonly { item: number; score: number }[][];
  /** All items by what they were visited in all, most first. */
  popular: number[];
}

export interface CoVisitationSettings {
  /** Neighbours kept an item. Default 50. */
  keep?: number;
  /** Users that are counted as if they had met only one of two items: pairs that few users met count less. Default 5. */
  shrinkage?: number;
  /** Users with more items than this say little about any two: only so many of theirs are paired, the heaviest. Default 100. */
  mostItems?: number;
}

export function trainCoVisitation(interactions: Interactions, { keep = 50, shrinkage = 5, mostItems = 100 }: CoVisitationSettings = {}): CoVisitation {
  checkInteractions(interactions);
  const { users, items, user, item, weight } = interactions;
  const byUser = groupBy(users, user, item, weight);
  const met = Array.from({ length: items }, () => new Map<number, number>());
  const visitors = new Float64Array(items);
  const totals = new Float64Array(items);
  for (let u = 0; u < users; u += 1) {
    let mine = Array.from({ length: byUser.begins[u + 1]! - byUser.begins[u]! }, (_, i) => byUser.begins[u]! + i);
    if (mine.length > mostItems) mine = mine.toSorted((a, b) => byUser.weight[b]! - byUser.weight[a]! || a - b).slice(0, mostItems);
    for (const entry of mine) {
      const a = byUser.other[entry]!;
      visitors[a]! += 1;
      totals[a]! += byUser.weight[entry]!;
      for (const other of mine) if (other !== entry) met[a]!.set(byUser.other[other]!, (met[a]!.get(byUser.other[other]!) ?? 0) + 1);
    }
  }
  const neighbours = met.map((counts, a) => [...counts]
    .map(([b, both]) => ({ item: b, score: both / (Math.sqrt(visitors[a]! * visitors[b]!) + shrinkage) }))
    .sort((x, y) => y.score - x.score || x.item - y.item)
    .slice(0, keep));
  return { neighbours, popular: best(totals, items, new Set()) };
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
