// States of entities that were written lately, by the version that was written. Whoever works on one has taken it out.
import type { EntityState } from '../state.ts';

export interface CachedState { version: number; state: EntityState; bytes: number }

export class StateCache {
  readonly #most: number;
  /** Those used longest ago come first. */
  readonly #states = new Map<string, CachedState>();
  #bytes = 0;

  /** `most`: length of all states as text. */
  constructor(most: number) {
    this.#most = most;
  }

  /** What is known of the item, which is not in the cache any more then. */
  take(key: string): CachedState | undefined {
    const cached = this.#states.get(key);
    if (cached === undefined) return undefined;
    this.#states.delete(key);
    this.#bytes -= cached.bytes;
    return cached;
  }

  /** `bytes`: length of the state as text. */
  put(key: string, cached: CachedState): void {
    this.take(key);
    const bytes = cached.bytes + key.length + OVERHEAD;
    this.#states.set(key, { version: cached.version, state: cached.state, bytes });
    this.#bytes += bytes;
    if (this.#bytes <= this.#most) return;
    for (const oldest of this.#states.keys()) {
      if (this.#bytes <= this.#most) return;
      this.take(oldest);
    }
  }
}

const OVERHEAD = 200;
