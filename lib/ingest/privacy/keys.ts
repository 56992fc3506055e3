// Keys of privacy: one secret for pseudonyms and one for payloads, under an id that every pseudonym and payload carries.
import { hkdfSync, randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../../base/index.ts';
import { diskError } from '../bytes/disk-error.ts';

export interface PrivacyKey {
  /** Letters and digits; in front of every pseudonym. */
  id: string;
  /** 32 bytes for HMAC-SHA256. */
  pseudonyms: Uint8Array;
  /** 32 bytes for AES-256-GCM. */
  payloads: Uint8Array;
}

/** Where keys come from: a folder, a secret. What is written is written with the current one; older ones open what they closed. */
export interface PrivacyKeys {
  current(): Promise<PrivacyKey>;
  /** undefined where the key is gone, and with it everything that it closed. */
  byId(id: string): Promise<PrivacyKey | undefined>;
}

const ID = /^[a-z0-9]{1,32}$/;
const FILE = /^([a-z0-9]{1,32})\.json$/;

/**
 * Keys from the JSON of a secret: `{ "current": "k2", "keys": { "k1": { "pseudonyms": "<hex>", "payloads": "<hex>" }, … } }`. Beside them, or
 * instead, stand texts that a secret store made, `{ "current": "k1", "k1": "<32 random characters or more>" }`: each gives its two keys.
 */
export function keysFromSecret(json: string, where: string): PrivacyKeys {
  const { current: currentId, keys: made = {}, ...texts } = parse(json, where) as { current?: unknown; keys?: Record<string, unknown> };
  const keys = new Map([
    ...Object.entries(made).map(([id, key]): [string, PrivacyKey] => [id, keyOf(id, key, where)]),
    ...Object.entries(texts).map(([id, text]): [string, PrivacyKey] => [id, derivedKey(id, text, where)]),
  ]);
  const current = typeof currentId === 'string' ? keys.get(currentId) : undefined;
  if (current === undefined) throw new MillraceError('bad_input', 'the secret names no current key', { where, todo: 'Give it the members `current` and `keys`.' });
  return { current: async () => current, byId: async (id) => keys.get(id) };
}

/**
 * Keys in a folder, a file `<id>.json` each; the last by name is the current one. Where there is none, the first is made, by whichever
 * process comes first. Only this user may read them.
 */
export function openKeyFolder(folder: string, random: (bytes: number) => Uint8Array = randomBytes): PrivacyKeys {
  let current: Promise<PrivacyKey> | undefined;
  const read = async (id: string): Promise<PrivacyKey | undefined> => {
    const path = join(folder, `${id}.json`);
    const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return undefined;
      throw new MillraceError('io', `the key cannot be read: ${cause.message}`, { where: path, todo: 'Give this user the right to read it.', cause });
    });
    return text === undefined ? undefined : keyOf(id, parse(text, path), path);
  };
  const ids = async (): Promise<string[]> => (await readdir(folder).catch(() => [])).map((name) => FILE.exec(name)?.[1]).filter((id) => id !== undefined).sort();
  const last = async (): Promise<PrivacyKey> => {
    const known = (await ids()).at(-1) ?? await makeFirst(folder, random);
    const key = await read(known);
    if (key === undefined) throw new MillraceError('not_found', 'the key was removed meanwhile', { where: folder, todo: 'Try again.' });
    return key;
  };
  return {
    current: () => {
      current ??= last().catch((error: unknown) => {
        current = undefined;
        throw error;
      });
      return current;
    },
    byId: async (id) => (ID.test(id) ? read(id) : undefined),
  };
}

const FIRST = 'k1';

/** Whole or not at all: another process sees the finished file, or none. */
async function makeFirst(folder: string, random: (bytes: number) => Uint8Array): Promise<string> {
  const path = join(folder, `${FIRST}.json`);
  const temporary = `${path}.${process.pid}.${Buffer.from(random(4)).toString('hex')}.tmp`;
  const hex = (): string => Buffer.from(random(32)).toString('hex');
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const handle = await open(temporary, 'wx', 0o600);
    await handle.writeFile(`${JSON.stringify({ pseudonyms: hex(), payloads: hex() })}\n`);
    await handle.sync();
    await handle.close();
    await link(temporary, path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EEXIST') throw cause;
    });
  } catch (thrown) {
    throw diskError(thrown, folder);
  } finally {
    await rm(temporary, { force: true });
  }
  return FIRST;
}

function parse(json: string, where: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new MillraceError('bad_input', 'the key is not JSON', { where, todo: 'Restore it from a backup; without it pseudonyms cannot be made again.', cause });
  }
}

function keyOf(id: string, value: unknown, where: string): PrivacyKey {
  const { pseudonyms, payloads } = value as { pseudonyms?: unknown; payloads?: unknown };
  if (!ID.test(id) || !isSecret(pseudonyms) || !isSecret(payloads)) {
    throw new MillraceError('bad_input', `the key ${id} is damaged: it needs two secrets of 32 bytes`, { where, todo: 'Restore it from a backup; without it pseudonyms cannot be made again.' });
  }
  return { id, pseudonyms: Buffer.from(pseudonyms, 'hex'), payloads: Buffer.from(payloads, 'hex') };
}

const SHORTEST_TEXT = 32;

/** Two keys from one random text, by HKDF (RFC 5869). */
function derivedKey(id: string, text: unknown, where: string): PrivacyKey {
  if (!ID.test(id) || typeof text !== 'string' || text.length < SHORTEST_TEXT) {
    throw new MillraceError('bad_input', `the key ${id} is damaged: it needs ${SHORTEST_TEXT} random characters or more`, { where, todo: 'Restore it from a backup; without it pseudonyms cannot be made again.' });
  }
  const derive = (purpose: string): Uint8Array => new Uint8Array(hkdfSync('sha256', text, '', `millrace ${purpose} ${id}`, 32));
  return { id, pseudonyms: derive('pseudonyms'), payloads: derive('payloads') };
}

function isSecret(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
