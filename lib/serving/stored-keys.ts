// API keys in an online store: an item a key, under its hash, and one item that lists them all, so that a name is taken once.
import { MillraceError } from '../base/index.ts';
import type { OnlineStore, StoredItem } from '../features/index.ts';
import { newKey, type ApiKey, type KeyStore } from './keys.ts';

export interface StoredKeys extends KeyStore {
  list(): Promise<readonly ApiKey[]>;
  /** Makes a key and gives it, this once. @throws `conflict` where the id is taken. */
  create(id: string, rights: Omit<ApiKey, 'id' | 'hash'>): Promise<{ key: string; kept: ApiKey }>;
  /** Gives what was kept of it. From now on it is not found. @throws `not_found` */
  revoke(id: string): Promise<ApiKey>;
}

const LIST = 'keys';
const itemOf = (hash: string): string => `key/${hash}`;
/** The list is one item, of at most some 300 KB. */
const MOST_KEYS = 1_000;
const MOST_TRIES = 10;

/** `where`: for messages, the table or folder. */
export function storedKeys(store: OnlineStore, where: string): StoredKeys {
  const listed = async (): Promise<{ item: StoredItem | undefined; all: ApiKey[] }> => {
    const [item] = await store.get([LIST]);
    return { item, all: item === undefined ? [] : (JSON.parse(item.value) as ApiKey[]) };
  };
  /** Writes the list and one key's item together, or, where somebody else was first, looks again. */
  const change = async <Result>(decide: (all: readonly ApiKey[]) => { next: readonly ApiKey[]; key: ApiKey; value: string | undefined; result: Result }): Promise<Result> => {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const { item, all } = await listed();
      const { next, key, value, result } = decide(all);
      const [old] = await store.get([itemOf(key.hash)]);
      const { ok } = await store.write([
        { key: LIST, value: JSON.stringify(next), expected: item?.version, version: (item?.version ?? 0) + 1, expiresAt: undefined },
        { key: itemOf(key.hash), value, expected: old?.version, version: (old?.version ?? 0) + 1, expiresAt: undefined },
      ]);
      if (ok) return result;
    }
    throw new MillraceError('conflict', 'others are changing the API keys all the time', { where, todo: 'Try again.' });
  };
  return {
    async byHash(hash) {
      const [item] = await store.get([itemOf(hash)]);
      return item === undefined ? undefined : (JSON.parse(item.value) as ApiKey);
    },
    list: async () => (await listed()).all,
    async create(id, rights) {
      const { key, kept } = newKey(id, rights);
      return change((all) => {
        if (all.some((one) => one.id === id)) throw new MillraceError('conflict', `there is an API key '${id}' already`, { where, todo: 'Choose another name, or revoke that one first.' });
        if (all.length >= MOST_KEYS) throw new MillraceError('too_big', `there are ${all.length} API keys, and no more are kept`, { where, todo: 'Revoke some that nobody uses.' });
        return { next: [...all, kept], key: kept, value: JSON.stringify(kept), result: { key, kept } };
      });
    },
    revoke: (id) => change((all) => {
      const key = all.find((one) => one.id === id);
      if (key === undefined) throw new MillraceError('not_found', `there is no API key '${id}'`, { where, todo: `There are ${all.map((one) => one.id).join(', ') || 'none'}.` });
      return { next: all.filter((one) => one.id !== id), key, value: undefined, result: key };
    }),
  };
}
