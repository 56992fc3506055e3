// What stores of keys and values have of the person: which items go, decided once over any of them.
import { MillraceError } from '../base/index.ts';
import type { CompiledView, LmdbStore } from '../features/index.ts';
import type { Project } from '../warehouse/index.ts';
import { countsDistinct, namesInJson, personsEvents, personsFeatures } from './online.ts';
import type { Beside } from './types.ts';

export interface StoreItem { key: string; value?: string }

/** A store that can be gone through. */
export interface ItemStore {
  items(options: { signal?: AbortSignal | undefined }): AsyncIterable<StoreItem> | Iterable<StoreItem>;
  remove(keys: readonly string[]): Promise<void>;
}

/** Of a home, as it is now. */
export function itemsOf(store: LmdbStore, now: number): ItemStore {
  return {
    items: () => store.entries(now),
    async remove(keys) {
      const items = await store.get(keys);
      const { ok } = await store.write(keys.flatMap((key, at) => (items[at] === undefined ? [] : [{ key, value: undefined, expected: items[at].version, expiresAt: undefined }])));
      if (!ok) throw new MillraceError('conflict', 'what was to be deleted was written anew meanwhile', { todo: 'Run it again: it goes on.' });
    },
  };
}

/** Opens the store for one pass; a text says why it cannot be had. undefined: there is none. */
export type OpenStore = () => Promise<(ItemStore & { close(): Promise<void> }) | string | undefined>;

const AT_ONCE = 1000;

/** States of the entities that the person is; those of others that their events were counted in stay. `again`: how features are made anew. */
export function onlineFeatures(open: OpenStore, views: ReadonlyMap<string, CompiledView>, project: Pick<Project, 'analyses'>, again: string): Beside {
  return over('online features', open, async (store, person, options) => {
    const belongs = personsFeatures(views, project, person);
    const isEvent = personsEvents(views, project, person);
    const keys: string[] = [];
    let [undecided, counting] = [0, 0];
    for await (const { key, value = '' } of store.items(options)) {
      const whose = belongs(key);
      if (whose === 'person' || isEvent(key, value)) keys.push(key);
      else if (whose === 'undecided') undecided++;
      else if (countsDistinct(value, person.values)) counting++;
    }
    const left = [
      ...(undecided === 0 ? [] : [`${undecided} online features are kept under a hash of several long ids, so whose they are cannot be told`]),
      ...(counting === 0 ? [] : [`${counting} online features of others hold a value that may be the person's among those that they count`]),
    ];
    return { keys, ...(left.length === 0 ? {} : { left: `${left.join('; ')}: ${again} makes them anew` }) };
  });
}

/** Answers of the API that were asked about the person, and what was answered again to a repeated request for them. */
export function rememberedAnswers(open: OpenStore): Beside {
  return over('answers that the API remembers', open, async (store, { values }, options) => {
    const found = new Map<string, string>();
    for await (const { key, value = '' } of store.items(options)) {
      if (key.startsWith('prediction:') && namesInJson(value, values)) found.set(key, key.slice('prediction:'.length));
    }
    const ids = new Set(found.values());
    const keys = [...found.keys()];
    for await (const { key, value = '' } of store.items(options)) {
      if (key.startsWith('idempotency:') && (namesInJson(value, values) || (ids.size > 0 && (value.match(ID) ?? []).some((id) => ids.has(id))))) keys.push(key);
    }
    return { keys };
  });
}

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

function over(name: string, open: OpenStore, find: (store: ItemStore, who: Parameters<Beside['forget']>[0], options: { signal?: AbortSignal | undefined }) => Promise<{ keys: string[]; left?: string }>): Beside {
  return {
    name,
    async forget(who, { dryRun, signal }) {
      const store = await open();
      if (store === undefined) return { items: 0 };
      if (typeof store === 'string') return { items: 0, left: store };
      try {
        const { keys, left } = await find(store, who, { signal });
        const going = dryRun ? [] : keys;
        for (let at = 0; at < going.length; at += AT_ONCE) {
          signal?.throwIfAborted();
          await store.remove(going.slice(at, at + AT_ONCE));
        }
        return { items: keys.length, ...(left === undefined ? {} : { left }) };
      } finally {
        await store.close();
      }
    },
  };
}
