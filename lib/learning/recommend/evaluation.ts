// How much of what someone took later was on the list shown before, and how high up.

/** Share of the items taken later that are among the first `k` recommended. NaN if nothing was taken. */
export function recallAt(recommended: readonly number[], taken: ReadonlySet<number>, k: number): number {
  return recommended.slice(0, k).filter((item) => taken.has(item)).length / taken.size;
}

/** Discounted gain of the first `k`, as a share of the best there could be: 1 if all hits come first (Järvelin and Kekäläinen 2002). */
export function discountedGainAt(recommended: readonly number[], taken: ReadonlySet<number>, k: number): number {
  const discount = (rank: number): number => 1 / Math.log2(rank + 2);
  const gain = recommended.slice(0, k).reduce((sum, item, rank) => sum + (taken.has(item) ? discount(rank) : 0), 0);
  let most = 0;
  for (let rank = 0; rank < Math.min(k, taken.size); rank += 1) most += discount(rank);
  return gain / most;
}

/** Both, averaged over everybody who took something. */
export function evaluateLists(lists: Iterable<{ recommended: readonly number[]; taken: ReadonlySet<number> }>, k: number): { people: number; recall: number; discountedGain: number } {
  let people = 0;
  let recall = 0;
  let gain = 0;
  for (const { recommended, taken } of lists) {
    if (taken.size === 0) continue;
    people += 1;
    recall += recallAt(recommended, taken, k);
    gain += discountedGainAt(recommended, taken, k);
  }
  return { people, recall: recall / people, discountedGain: gain / people };
}
