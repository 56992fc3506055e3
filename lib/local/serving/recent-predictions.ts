// The answers of the last 30 days by their id, in the store of a home's API: many in one item, because an item each would cost more than the answer itself.
import type { OnlineStore } from '../../features/index.ts';
import type { PredictionRecord } from '../../serving/index.ts';
import { lineBeginning, type Lines } from './waiting-lines.ts';

export interface RecentPredictions {
  /** Durable when it resolves. `ids`: of each line, undefined for those that are not to be remembered. What is remembered twice is found once. */
  remember(lines: Lines, ids: readonly (string | undefined)[], now: number): Promise<void>;
  find(id: string): Promise<PredictionRecord | undefined>;
}

const KEPT_SECONDS = 30 * 86_400;
/** Ids tell the millisecond in which they were made (UUIDs of version 7): those of one slice of time are looked for together. */
const SLICE_MS = 100;
/** The store's items have a limit. */
const MOST_BYTES = 200_000;
const MOST_TRIES = 20;
/** Slices whose next item is known without asking. */
const SLICES_KNOWN = 100;

export function recentPredictions(store: OnlineStore): RecentPredictions {
  /** How many items a slice has, of those written last; other processes write too, so the store has the last word. */
  const counts = new Map<string, number>();

  const countOf = async (slice: string): Promise<number> => {
    for (let count = counts.get(slice) ?? 0; ; count++) {
      if ((await store.get([keyOf(slice, count)]))[0] === undefined) return count;
    }
  };
  /** All in one transaction. */
  const write = async (items: readonly Item[], expiresAt: number): Promise<void> => {
    for (let tried = 0; tried < MOST_TRIES; tried++) {
      const taken = new Map<string, number>();
      const changes = [];
      for (const { slice, text } of items) {
        const count = taken.get(slice) ?? await countOf(slice);
        taken.set(slice, count + 1);
        changes.push({ key: keyOf(slice, count), value: text, expected: undefined, expiresAt });
      }
      const { ok } = await store.write(changes);
      for (const [slice, count] of taken) {
        counts.delete(slice);
        if (ok) counts.set(slice, count);
      }
      for (const slice of counts.keys()) if (counts.size > SLICES_KNOWN) counts.delete(slice);
      if (ok) return;
    }
    throw new Error('others keep writing the same moments');
  };
  return {
    async remember(lines, ids, now) {
      const items = itemsOf(lines, ids);
      const expiresAt = Math.floor(now / 1000) + KEPT_SECONDS;
      for (let from = 0; from < items.length; from += store.mostChanges) await write(items.slice(from, from + store.mostChanges), expiresAt);
    },
    async find(id) {
      const begins = lineBeginning(id);
      for (let number = 0; ; number++) {
        const [item] = await store.get([keyOf(sliceOf(id), number)]);
        if (item === undefined) return undefined;
        const line = item.value.split('\n').find((text) => text.startsWith(begins));
        if (line !== undefined) return JSON.parse(line) as PredictionRecord;
      }
    },
  };
}

const keyOf = (slice: string, number: number): string => `predictions/${slice}/${number}`;

const VERSION_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7/;

/** An id that tells no time is a slice of its own. */
function sliceOf(id: string): string {
  return VERSION_7.test(id) ? String(Math.floor(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) / SLICE_MS)) : `=${id}`;
}

/** Records of one slice, a line each. */
interface Item { slice: string; text: string }

/** Lines lie one after the other already, and their ids are mostly of one moment: most items are a piece of the lines. */
function itemsOf({ bytes, starts, encoding }: Lines, ids: readonly (string | undefined)[]): Item[] {
  const items: Item[] = [];
  let [slice, before, from, to]: [string | undefined, string | undefined, number, number] = [undefined, undefined, 0, 0];
  const close = (): void => {
    if (slice !== undefined) items.push({ slice, text: bytes.toString(encoding, from, to) });
  };
  for (let at = 0; at < ids.length; at++) {
    const id = ids[at];
    // Most were made in the same millisecond as the one before.
    const own: string | undefined = id === undefined ? undefined : before !== undefined && VERSION_7.test(before) && id.startsWith(before.slice(0, 15)) ? slice : sliceOf(id);
    before = id;
    const end = starts[at + 1]! - 1;
    if (own !== slice || end - from >= MOST_BYTES) {
      close();
      [slice, from] = [own, starts[at]!];
    }
    to = end;
  }
  close();
  return items;
}
