// Pseudonyms: `keyid:hmac_sha256(normalised value)`. The same person gives the same pseudonym under the same key, and nobody without the key can
// make one to compare with.
import { createHash, createHmac, createSecretKey } from 'node:crypto';
import { MillraceError } from '../../base/index.ts';
import type { PiiClass } from '../types.ts';
import { normalise } from './normalise.ts';

export interface PseudonymKey {
  /** Stands in front of every pseudonym, so that keys can be changed: letters, digits, `-` and `_`. */
  id: string;
  /** At least 16 bytes; 32 random ones are right. */
  secret: Uint8Array;
}

/** null for null, and for a value of which normalising leaves nothing. */
export function pseudonymise(pii: PiiClass, value: string | null, key: PseudonymKey): string | null {
  const make = pseudonymiser(pii, key);
  return value === null ? null : make(value);
}

/** The same for many values of one kind: the key is looked at once. */
export function pseudonymiser(pii: PiiClass, key: PseudonymKey): (value: string) => string | null {
  checkKey(key);
  const secret = createSecretKey(key.secret);
  return (value) => {
    const text = normalise(pii, value);
    return text === null ? null : `${key.id}:${createHmac('sha256', secret).update(text, 'utf8').digest('hex')}`;
  };
}

/** Throws `bad_input` for a key that cannot be used. */
export function checkKey({ id, secret }: PseudonymKey): void {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw new MillraceError('bad_input', `${id} cannot be the id of a key`, { todo: 'Use letters, digits, - and _.' });
  if (secret.length < 16) throw new MillraceError('bad_input', `the key ${id} has ${secret.length} bytes`, { todo: 'Use 32 random bytes.' });
}

const BLOCK = 64;

/** The key's two blocks of HMAC (RFC 2104), for an engine that has SHA-256 but no HMAC. They are as secret as the key. */
export function hmacPads({ secret }: PseudonymKey): { inner: Uint8Array; outer: Uint8Array } {
  const key = secret.length > BLOCK ? createHash('sha256').update(secret).digest() : secret;
  const pad = (byte: number) => Uint8Array.from({ length: BLOCK }, (_, at) => (key[at] ?? 0) ^ byte);
  return { inner: pad(0x36), outer: pad(0x5c) };
}
