// Features of entities for who scores: read at once, and kept as long as nothing they are made from has changed. Most requests ask for items and visitors
// that were asked for a moment ago; what it costs then is a look at the versions, and nothing at all if nobody has written in between.
import type { LmdbStore } from './lmdb/store.ts';
import { stateKeys } from './keys.ts';
import { textOf, valuesAt, type EntityId } from './read.ts';
import { decodeState } from './state.ts';
import type { FeatureValues } from './types.ts';
import type { CompiledView } from './view.ts';
import { firstTile } from './windows.ts';

/** How many entities of a view are kept. */
const MOST_KEPT = 10_000;

interface Kept {
  /** The store's last write when the versions were looked at. */
  seen: number;
  keys: readonly string[];
  versions: readonly (number | undefined)[];
  values: FeatureValues;
  /** The values hold from one moment to before another, microseconds: in between no window's first tile changes. */
  from: number;
  until: number;
}

export interface RememberedFeatures {
  /** As `readViews`, at once. The values are shared: who changes them, copies them. */
  read(wanted: readonly { view: CompiledView; entities: readonly EntityId[] }[], at: number): FeatureValues[][];
}

export function rememberedFeatures(store: Pick<LmdbStore, 'getNow' | 'versionNow' | 'lastWrite'>, mostKept: number = MOST_KEPT): RememberedFeatures {
  const keptOf = new Map<CompiledView, Map<string, Kept>>();
  let write: number | undefined;
  /** Asked once in a turn of the event loop, in which the store's readers see one state anyway. */
  const lastWrite = (): number => {
    if (write === undefined) {
      setImmediate(forgetWrite);
      write = store.lastWrite();
    }
    return write;
  };
  const forgetWrite = (): void => {
    write = undefined;
  };

  const valuesOf = (view: CompiledView, known: Map<string, Kept>, entity: string, at: number): FeatureValues => {
    const kept = known.get(entity);
    const seen = lastWrite();
    if (kept !== undefined && kept.from <= at && at < kept.until && (kept.seen === seen || isCurrent(kept))) {
      kept.seen = seen;
      return kept.values;
    }
    const keys = kept?.keys ?? stateKeys(view, entity);
    const items = store.getNow(keys);
    const states = items.flatMap((item) => (item === undefined ? [] : [decodeState(item.value)]));
    const values = valuesAt(view, states, at);
    known.delete(entity);
    // Events that are still to come change the values when their time does: such an entity is read anew.
    if (states.some(({ a = [] }) => a.length > 0)) return values;
    if (known.size >= mostKept) known.delete(known.keys().next().value!);
    known.set(entity, { seen, keys, versions: items.map((item) => item?.version), values, from: at, until: nextTileAfter(view, at) });
    return values;
  };
  const isCurrent = ({ keys, versions }: Kept): boolean => {
    for (let index = 0; index < keys.length; index++) if (store.versionNow(keys[index]!) !== versions[index]) return false;
    return true;
  };

  return {
    read(wanted, at) {
      const microseconds = at * 1000;
      const values = Array<FeatureValues[]>(wanted.length);
      for (let index = 0; index < wanted.length; index++) {
        const { view, entities } = wanted[index]!;
        let known = keptOf.get(view);
        if (known === undefined) keptOf.set(view, (known = new Map()));
        const own = (values[index] = Array<FeatureValues>(entities.length));
        for (let row = 0; row < entities.length; row++) own[row] = valuesOf(view, known, textOf(view, entities[row]!), microseconds);
      }
      return values;
    },
  };
}

/** When the first window of the view loses a tile. */
function nextTileAfter(view: CompiledView, at: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { window } of view.series) if (window !== undefined) next = Math.min(next, (firstTile(window, at) + 1) * window.hop + window.span);
  return next;
}
