// Quantiles of the time that records took, over the last minutes, in constant space: counts in buckets that grow by a twentieth.

const GROWTH = Math.log(1.05);
const BUCKETS = 400; // 1 ms to three days
const WINDOWS = 6;

export interface FreshnessSummary { p50: number; p99: number; most: number; records: number }

export class Freshness {
  readonly #windowMilliseconds: number;
  readonly #windows: { since: number; counts: Uint32Array; most: number; records: number }[] = [];

  /** Of about the last `spanMilliseconds`; default five minutes. */
  constructor(spanMilliseconds = 300_000) {
    this.#windowMilliseconds = spanMilliseconds / WINDOWS;
  }

  /** So many records took so long. */
  add(milliseconds: number, now: number, records = 1): void {
    let window = this.#windows.at(-1);
    if (window === undefined || now - window.since >= this.#windowMilliseconds) {
      window = { since: now, counts: new Uint32Array(BUCKETS), most: 0, records: 0 };
      this.#windows.push(window);
      if (this.#windows.length > WINDOWS) this.#windows.shift();
    }
    const bucket = Math.min(BUCKETS - 1, Math.max(0, Math.ceil(Math.log(Math.max(1, milliseconds)) / GROWTH)));
    window.counts[bucket] = (window.counts[bucket] ?? 0) + records;
    window.most = Math.max(window.most, milliseconds);
    window.records += records;
  }

  /** Milliseconds, at most five per cent too high; undefined where there was nothing. */
  summary(now: number): FreshnessSummary | undefined {
    const windows = this.#windows.filter(({ since }) => now - since <= WINDOWS * this.#windowMilliseconds);
    const records = windows.reduce((sum, window) => sum + window.records, 0);
    if (records === 0) return undefined;
    const most = Math.max(...windows.map((window) => window.most));
    const quantile = (share: number): number => {
      let below = 0;
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        below += windows.reduce((sum, { counts }) => sum + (counts[bucket] ?? 0), 0);
        if (below >= share * records) return Math.min(most, Math.round(Math.exp(bucket * GROWTH)));
      }
      return most;
    };
    return { p50: quantile(0.5), p99: quantile(0.99), most: Math.round(most), records };
  }
}
