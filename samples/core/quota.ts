// Exact totals out of random draws: so many of so many, no more and no less.
import type { Random } from './random.ts';

/** Takes exactly `quota` of `candidates`, each with a probability in proportion to its weight (1 on average) while the quota allows. */
export class Quota {
  #left: number;
  #candidates: number;

  constructor(quota: number, candidates: number) {
    this.#left = Math.min(quota, candidates);
    this.#candidates = candidates;
  }

  get left(): number {
    return this.#left;
  }

  /** Whether this candidate is one; to be asked once for each. */
  take(random: Random, weight = 1): boolean {
    const taken = this.#left >= this.#candidates || random.real() * this.#candidates < weight * this.#left;
    this.#candidates--;
    if (taken && this.#left > 0) {
      this.#left--;
      return true;
    }
    return false;
  }
}

/** Shares `total` extra units among `n` holders, at most `cap` each; another follows one with probability `again`. */
export function spread(random: Random, total: number, n: number, again: number, cap: number): Uint8Array {
  const extras = new Uint8Array(n);
  let left = Math.min(total, n * cap);
  const first = (left / n) * (1 - again);
  for (let i = 0; i < n && left > 0; i++) {
    if (!random.chance(first)) continue;
    let some = 1;
    while (some < cap && random.chance(again)) some++;
    extras[i] = Math.min(some, left);
    left -= extras[i]!;
  }
  while (left > 0) {
    const i = random.below(n);
    if (extras[i]! < cap) {
      extras[i]!++;
      left--;
    }
  }
  return extras;
}

/** `count` at that scale: rounded, at least 1 where the original has any. */
export function scaled(count: number, scale: number): number {
  return count === 0 ? 0 : Math.max(1, Math.round(count * scale));
}
