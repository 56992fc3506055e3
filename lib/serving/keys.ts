// API keys: who may call what, and how often. Only hashes are kept.
import { hash, randomBytes } from 'node:crypto';
import { Problem } from './problem.ts';

/** `predict` for every predictor, or `predict:conversion` for one. */
export type Scope = 'predict' | `predict:${string}` | 'price' | 'shipping' | 'recommendations' | 'features' | 'outcomes' | 'models' | 'predictions';

export interface ApiKey {
  /** Names the key in logs and in the log of predictions; says nothing of the key itself. */
  id: string;
  /** SHA-256 of the key, hex. */
  hash: string;
  scopes: readonly Scope[];
  /** Requests a second, with bursts of twice as many; undefined: no limit. */
  ratePerSecond?: number;
  /** Requests a day (UTC); undefined: no limit. */
  dailyQuota?: number;
}

/** Where keys are looked up, by hash. */
export interface KeyStore {
  byHash(hash: string): Promise<ApiKey | undefined> | ApiKey | undefined;
}

export function hashOf(key: string): string {
  return hash('sha256', key, 'hex');
}

const MOST_HASHES = 1_000;

/** As `hashOf`, of a caller's many requests once: they all carry the same key. Those that came lately stay in memory, where every request brings them anyway. */
export function keyHashes(): (key: string) => string {
  const known = new Map<string, string>();
  return (key) => {
    let found = known.get(key);
    if (found === undefined) {
      if (known.size === MOST_HASHES) known.clear();
      known.set(key, (found = hashOf(key)));
    }
    return found;
  };
}

/** A new key: 32 random bytes that begin with `mr_`, and what is kept of it. The key itself is shown once and kept nowhere. */
export function newKey(id: string, rights: Omit<ApiKey, 'id' | 'hash'>, random: (bytes: number) => Uint8Array = randomBytes): { key: string; kept: ApiKey } {
  const key = `mr_${Buffer.from(random(32)).toString('base64url')}`;
  return { key, kept: { id, hash: hashOf(key), ...rights } };
}

export function allows(key: ApiKey, wanted: Scope): boolean {
  return key.scopes.some((scope) => scope === wanted || (wanted.startsWith(`${scope}:`)));
}

/** `used`: of the day, as far as is known; `unkept`: the part of it that is not written down yet. */
interface Bucket { tokens: number; at: number; day: number; used: number; unkept: number }

/** Calls of one day (days since 1970), by the ids of keys. */
export interface DayCounts { day: number; counts: Readonly<Record<string, number>> }

/**
 * Counts what each key uses: a token bucket for the rate, a counter for the day. Per process; what a day has seen is kept and shared by `keepUsage`, and in an
 * account the usage plan counts for all.
 */
export class Usage {
  readonly #buckets = new Map<string, Bucket>();
  readonly #now: () => number;

  /** `now`: milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes one request off the key's allowance. @throws Problem 429 with `Retry-After`. */
  take({ id, ratePerSecond, dailyQuota }: ApiKey): void {
    if (ratePerSecond === undefined && dailyQuota === undefined) return;
    const now = this.#now();
    const day = Math.floor(now / DAY);
    const burst = Math.max(1, (ratePerSecond ?? 0) * 2);
    const bucket = this.#bucketOf(id, day, burst, now);
    if (dailyQuota !== undefined && bucket.used >= dailyQuota) {
      throw tooMany(`this key may call ${dailyQuota} times a day`, Math.ceil(((day + 1) * DAY - now) / 1000));
    }
    if (ratePerSecond !== undefined) {
      bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * ratePerSecond);
      bucket.at = now;
      if (bucket.tokens < 1) throw tooMany(`this key may call ${ratePerSecond} times a second`, Math.max(1, Math.ceil((1 - bucket.tokens) / ratePerSecond)));
      bucket.tokens -= 1;
    }
    bucket.used += 1;
    bucket.unkept += 1;
  }

  /** What today has seen and `kept` was not told of yet. */
  unkept(): DayCounts {
    const day = Math.floor(this.#now() / DAY);
    return { day, counts: Object.fromEntries([...this.#buckets].flatMap(([id, bucket]) => (bucket.day === day && bucket.unkept > 0 ? [[id, bucket.unkept]] : []))) };
  }

  /** `written` is written down now, and all that is written of the day, by whatever process, is `all`. Told after midnight, it says nothing of today. */
  kept(written: DayCounts, all: DayCounts['counts']): void {
    const now = this.#now();
    if (written.day !== Math.floor(now / DAY)) return;
    for (const [id, used] of Object.entries(all)) {
      const bucket = this.#bucketOf(id, written.day, Number.POSITIVE_INFINITY, now);
      bucket.unkept -= written.counts[id] ?? 0;
      bucket.used = used + bucket.unkept;
    }
  }

  /** `burst`: what a key may do at once that has done nothing yet. */
  #bucketOf(id: string, day: number, burst: number, now: number): Bucket {
    const bucket = this.#buckets.get(id);
    if (bucket === undefined) {
      const begun = { tokens: burst, at: now, day, used: 0, unkept: 0 };
      this.#buckets.set(id, begun);
      return begun;
    }
    if (bucket.day !== day) Object.assign(bucket, { day, used: 0, unkept: 0 });
    return bucket;
  }
}

const DAY = 86_400_000;

function tooMany(detail: string, seconds: number): Problem {
  return new Problem(429, 'Too many requests', `${detail}; try again in ${seconds} s`, { headers: { 'retry-after': String(seconds) } });
}
