// Repeated requests: the same key with the same body gets the same answer, once computed.
import { createHash } from 'node:crypto';
import type { OnlineStore } from '../features/index.ts';
import { Problem } from './problem.ts';

export interface StoredAnswer { fingerprint: string; status: number; body: string }

export interface IdempotencyStore {
  find(key: string): Promise<StoredAnswer | undefined>;
  /** The first one stays: gives the answer that is kept, this or an earlier one. */
  keep(key: string, answer: StoredAnswer): Promise<StoredAnswer>;
}

/** How long an answer is kept, seconds. */
const KEPT = 24 * 3600;

/** In the online store, so that every process of a home, or of an account, knows of it. */
export function storedIdempotency(store: OnlineStore, now: () => number): IdempotencyStore {
  const find = async (key: string): Promise<StoredAnswer | undefined> => {
    const [item] = await store.get([key]);
    return item === undefined ? undefined : (JSON.parse(item.value) as StoredAnswer);
  };
  return {
    find,
    async keep(key, answer) {
      const expiresAt = Math.floor(now() / 1000) + KEPT;
      const { ok } = await store.write([{ key, value: JSON.stringify(answer), expected: undefined, version: now(), expiresAt }]);
      return ok ? answer : (await find(key)) ?? answer;
    },
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
