// Canaries in a function of which many run at once: each counts what it answered, and keeps its counts in the API's table beside those of the others.
import { messageOf } from '../../base/index.ts';
import type { OnlineStore } from '../../features/index.ts';
import type { Canary } from '../../learning/index.ts';
import { trafficOf, type CanaryCounts, type CountedCanary, type SideCounts } from '../canary.ts';
import type { Alias, CanaryTraffic } from '../context.ts';

export interface SharedCanariesOptions {
  /** The canary of a predictor as the registry has it. */
  canaryOf(predictor: string): Canary | undefined;
  store: Pick<OnlineStore, 'get' | 'write'>;
  clock: { now(): number };
  /** No other function has it. */
  id: string;
  /** 0 to 1. */
  random?: () => number;
}

interface Counting {
  startedAt: number;
  traffic: CountedCanary;
  /** What of it is in the table. */
  kept: string;
  /** Where its counts are, once that is chosen. */
  key: string | undefined;
  /** The item as it was read or written last; undefined: it is to be read. */
  item: { value: string; version: number | undefined } | undefined;
}

/** Counts by function, each all of its own: written twice, they count once. */
type Slot = Record<string, CanaryCounts>;

/** Items that the counts of a canary are spread over, so that functions seldom meet; one read takes so many. */
const SLOTS = 100;
const MOST_TRIES = 4;
const KEPT_SECONDS = 30 * 86_400;

export class SharedCanaries {
  readonly #options: SharedCanariesOptions;
  readonly #running = new Map<string, Counting>();

  constructor(options: SharedCanariesOptions) {
    this.#options = options;
  }

  traffic(predictor: string): CanaryTraffic | undefined {
    const canary = this.#options.canaryOf(predictor);
    const known = this.#running.get(predictor);
    if (canary === undefined) {
      if (known !== undefined) this.#running.delete(predictor);
      return undefined;
    }
    if (known?.startedAt === canary.startedAt) return known.traffic;
    const traffic = trafficOf(predictor, canary);
    this.#running.set(predictor, { startedAt: canary.startedAt, traffic, kept: JSON.stringify(traffic.counts), key: undefined, item: undefined });
    return traffic;
  }

  /** Keeps what was counted since the last time. Gives why it could not; it is kept the next time then. */
  async flush(): Promise<string | undefined> {
    let failure: string | undefined;
    await Promise.all([...this.#running].map(([predictor, one]) => this.#keep(predictor, one).catch((thrown: unknown) => (failure = messageOf(thrown)))));
    return failure;
  }

  async #keep(predictor: string, one: Counting): Promise<void> {
    const { store, clock, id } = this.#options;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const counts = JSON.stringify(one.traffic.counts);
      if (counts === one.kept) return;
      const { value: before, version } = one.item ?? await this.#read(predictor, one);
      const value = JSON.stringify({ ...JSON.parse(before) as Slot, [id]: JSON.parse(counts) as CanaryCounts });
      const next = (version ?? 0) + 1;
      // Whether it was written is not known before it is answered.
      one.item = undefined;
      const { ok } = await store.write([{ key: one.key!, value, expected: version, version: next, expiresAt: Math.floor(clock.now() / 1000) + KEPT_SECONDS }]);
      if (ok) return void Object.assign(one, { kept: counts, item: { value, version: next } });
    }
  }

  /** The first time an item is chosen that nobody has, where there is one. */
  async #read(predictor: string, one: Counting): Promise<NonNullable<Counting['item']>> {
    const { store, random = Math.random } = this.#options;
    if (one.key === undefined) {
      const keys = keysOf(predictor, one);
      const items = await store.get(keys);
      const free = keys.filter((_, slot) => items[slot] === undefined);
      const among = free.length === 0 ? keys : free;
      one.key = among[Math.floor(random() * among.length)]!;
    }
    const [found] = await store.get([one.key]);
    return (one.item = { value: found?.value ?? '{}', version: found?.version });
  }
}

/** What all functions have counted of a canary. */
export async function readCanaryCounts(store: Pick<OnlineStore, 'get'>, predictor: string, canary: Pick<Canary, 'startedAt'>): Promise<CanaryCounts> {
  const slots = (await store.get(keysOf(predictor, canary))).flatMap((item) => (item === undefined ? [] : Object.values(JSON.parse(item.value) as Slot)));
  const side = (alias: Alias): SideCounts => {
    const sum = { answers: 0, errors: 0, fallbacks: 0, requests: 0, milliseconds: 0 };
    for (const counts of slots) for (const figure of Object.keys(sum) as (keyof SideCounts)[]) sum[figure] += counts[alias][figure];
    return sum;
  };
  return { champion: side('champion'), challenger: side('challenger') };
}

function keysOf(predictor: string, { startedAt }: { startedAt: number }): string[] {
  return Array.from({ length: SLOTS }, (_, slot) => `canary/${predictor}/${startedAt}/${slot}`);
}
