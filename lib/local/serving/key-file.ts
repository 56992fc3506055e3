// The API keys of a home, in one file: hashes only, readable by this user alone.
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { MillraceError } from '../../base/index.ts';
import { newKey, type ApiKey, type KeyStore } from '../../serving/index.ts';
import type { Home } from '../home.ts';
import { takeLock } from '../lock.ts';

const FILE = 'api-keys.json';
/** How long a revoked key may still be let in. */
const LOOK_AGAIN_MS = 1000;
/** Who changes the keys waits for who does so already. */
const [TRIES, PAUSE_MS] = [250, 20];

export interface KeyFile extends KeyStore {
  list(): Promise<readonly ApiKey[]>;
  /** Makes a key and gives it, this once. @throws `conflict` where the id is taken. */
  create(id: string, rights: Omit<ApiKey, 'id' | 'hash'>): Promise<string>;
  /** @throws `not_found` */
  revoke(id: string): Promise<void>;
  /** A key for this process alone, kept nowhere: what the lines to try the API with carry. */
  addForNow(id: string, rights: Omit<ApiKey, 'id' | 'hash'>): string;
}

export function openKeyFile({ keys: folder }: Pick<Home, 'keys'>, now: () => number): KeyFile {
  const file = path.join(folder, FILE);
  const forNow = new Map<string, ApiKey>();
  let known = new Map<string, ApiKey>();
  let [lookedAt, stamp] = [Number.NEGATIVE_INFINITY, ''];
  const read = async (): Promise<ApiKey[]> => {
    const text = await readFile(file, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code === 'ENOENT') return '[]';
      throw new MillraceError('io', `the API keys cannot be read: ${thrown.message}`, { where: file, cause: thrown });
    });
    try {
      return JSON.parse(text) as ApiKey[];
    } catch (cause) {
      throw new MillraceError('bad_input', 'the file of API keys is no JSON', { where: file, todo: 'Mend it, or remove it and make new keys.', cause });
    }
  };
  const refresh = async (): Promise<void> => {
    lookedAt = now();
    const { mtimeMs, size } = await stat(file).catch(() => ({ mtimeMs: 0, size: 0 }));
    const current = `${mtimeMs}/${size}`;
    if (current === stamp) return;
    known = new Map((await read()).map((key) => [key.hash, key]));
    stamp = current;
  };
  /** One after the other, whatever process they are in: of two that read the same, one would undo what the other did, and a revoked key would live on. */
  const change = async (next: (all: readonly ApiKey[]) => readonly ApiKey[]): Promise<void> => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (let tries = 0; tries < TRIES; tries++) {
      const lock = await takeLock(`${file}.lock`);
      if (lock.isOurs) {
        try {
          await write(next(await read()));
          return;
        } finally {
          await lock.unlock();
        }
      }
      await setTimeout(PAUSE_MS);
    }
    throw new MillraceError('conflict', 'the API keys are being changed by another process', { where: `${file}.lock`, todo: 'Try again; if no such process runs, remove that file.' });
  };
  const write = async (all: readonly ApiKey[]): Promise<void> => {
    const temporary = `${file}.${process.pid}.tmp`;
    await writeFile(temporary, `${JSON.stringify(all, null, 1)}\n`, { mode: 0o600 });
    await rename(temporary, file);
    lookedAt = Number.NEGATIVE_INFINITY;
  };
  return {
    byHash(hash) {
      const fresh = now() - lookedAt < LOOK_AGAIN_MS;
      const found = forNow.get(hash) ?? (fresh ? known.get(hash) : undefined);
      if (found !== undefined || fresh) return found;
      return refresh().then(() => known.get(hash));
    },
    list: read,
    async create(id, rights) {
      const { key, kept } = newKey(id, rights);
      await change((all) => {
        if (all.some((one) => one.id === id)) throw new MillraceError('conflict', `there is an API key '${id}' already`, { where: file, todo: 'Choose another name, or revoke that one first.' });
        return [...all, kept];
      });
      return key;
    },
    async revoke(id) {
      await change((all) => {
        if (!all.some((key) => key.id === id)) throw new MillraceError('not_found', `there is no API key '${id}'`, { where: file, todo: `There are ${all.map((key) => key.id).join(', ') || 'none'}.` });
        return all.filter((key) => key.id !== id);
      });
    },
    addForNow(id, rights) {
      const { key, kept } = newKey(id, rights);
      forNow.set(kept.hash, kept);
      return key;
    },
  };
}
