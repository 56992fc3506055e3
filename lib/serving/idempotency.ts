// Repeated requests: the same key with the same body gets the same answer, once computed.
import { createHash } from 'node:crypto';
import type { OnlineStore } from '../features/index.ts';
import { Problem } from './problem.ts';

export interface StoredAnswer { fingerprint: string; status: number; body: string }

export interface IdempotencyStore {
  /** @throws where the store does not answer. */
  find(key: string): Promise<StoredAnswer | undefined>;
  /** The first one stays: gives the answer that is kept, this or an earlier one; undefined where none could be. */
  keep(key: string, answer: StoredAnswer): Promise<StoredAnswer | undefined>;
}

/** How long an answer is kept, seconds. */
const KEPT = 24 * 3600;

/** In the online store, so that every process of a home, or of an account, knows of it. */
export function storedIdempotency(store: OnlineStore, now: () => number): IdempotencyStore {
  /** A store removes what has expired in its own time, which may be days later. */
  const read = async (key: string): Promise<{ version: number | undefined; answer: StoredAnswer | undefined }> => {
    const [item] = await store.get([key]);
    if (item === undefined) return { version: undefined, answer: undefined };
    const { until = Number.POSITIVE_INFINITY, ...answer } = JSON.parse(item.value) as StoredAnswer & { until?: number };
    return { version: item.version, answer: until * 1000 > now() ? answer : undefined };
  };
  const keep = async (key: string, answer: StoredAnswer): Promise<StoredAnswer | undefined> => {
    const expiresAt = Math.floor(now() / 1000) + KEPT;
    const { version, answer: earlier } = await read(key);
    if (earlier !== undefined) return earlier;
    const { ok } = await store.write([{ key, value: JSON.stringify({ ...answer, until: expiresAt }), expected: version, expiresAt }]);
    return ok ? answer : (await read(key)).answer;
  };
  return {
    find: async (key) => (await read(key)).answer,
    // What was computed is answered whether or not the store takes it: to compute it once more, as who gets an error would ask for, is no better.
    keep: (key, answer) => keep(key, answer).catch(() => undefined),
  };
}

/** Keys of different callers and routes never meet. */
export function idempotencyKey(keyId: string, path: string, given: string): string {
  return `idempotency:${createHash('sha256').update(`${keyId}\n${path}\n${given}`).digest('hex')}`;
}

export function fingerprintOf(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

/** @throws Problem 422 where the key was used for another request. */
export function sameRequest(kept: StoredAnswer, fingerprint: string): StoredAnswer {
  if (kept.fingerprint === fingerprint) return kept;
  throw new Problem(422, 'Idempotency key reused', 'this Idempotency-Key came with another body within the last day; use a new one for a new request');
}
