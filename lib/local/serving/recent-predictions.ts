// The answers of the last 30 days by their id: their lines in files, and in the store of a home's API where those of each moment lie. An item for each answer
// would cost more than the answer itself, and the lines in the store would be copied over and over.
import path from 'node:path';
import type { OnlineStore } from '../../features/index.ts';
import type { PredictionRecord } from '../../serving/index.ts';
import { AnswerFiles, type Place } from './answer-files.ts';
import { lineBeginning, lineIn, type Lines } from './waiting-lines.ts';

export interface RecentPredictions {
  /**
   * Where they lie is durable when it resolves; the lines outlive the process, and may be lost with the machine: then the lake alone has them.
   * `ids`: of each line, undefined for those that are not to be remembered. What is remembered twice is found once. `now`: milliseconds.
   */
  remember(lines: Lines, ids: readonly (string | undefined)[], now: number): Promise<void>;
  find(id: string): Promise<PredictionRecord | undefined>;
  /** Lets go what has expired; the store's own items expire by themselves. */
  sweep(now: number): Promise<void>;
  close(): Promise<void>;
}

const KEPT_SECONDS = 30 * 86_400;
/** Ids tell the millisecond in which they were made (UUIDs of version 7): those of one slice of time are looked for together. */
const SLICE_MS = 100;
const MOST_TRIES = 20;
/** Slices whose next item is known without asking. */
const SLICES_KNOWN = 100;

/** `folder`: the API's; its store and its files lie there. */
export function recentPredictions(store: OnlineStore, folder: string): RecentPredictions {
  const files = new AnswerFiles(path.join(folder, 'answers'));
  /** How many items a slice has, of those written last; other processes write too, so the store has the last word. */
  const counts = new Map<string, number>();

  const countOf = async (slice: string): Promise<number> => {
    for (let count = counts.get(slice) ?? 0; ; count++) {
      if ((await store.get([keyOf(slice, count)]))[0] === undefined) return count;
    }
  };
  /** All in one transaction. */
  const write = async (items: readonly { slice: string; place: Place }[], expiresAt: number): Promise<void> => {
    for (let tried = 0; tried < MOST_TRIES; tried++) {
      const taken = new Map<string, number>();
      const changes = [];
      for (const { slice, place } of items) {
        const count = taken.get(slice) ?? await countOf(slice);
        taken.set(slice, count + 1);
        changes.push({ key: keyOf(slice, count), value: textOf(place), expected: undefined, expiresAt });
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
      const runs = runsOf(lines, ids);
      if (runs.length === 0) return;
      const first = lines.starts[0]!;
      const { file, from } = await files.append(lines.bytes.subarray(first, lines.starts.at(-1)), now);
      const items = runs.map((run) => ({ slice: run.slice, place: { file, from: from + run.from - first, length: run.to - run.from } }));
      const expiresAt = Math.floor(now / 1000) + KEPT_SECONDS;
      for (let at = 0; at < items.length; at += store.mostChanges) await write(items.slice(at, at + store.mostChanges), expiresAt);
    },
    async find(id) {
      const begins = lineBeginning(id);
      for (let number = 0; ; number++) {
        const [item] = await store.get([keyOf(sliceOf(id), number)]);
        if (item === undefined) return undefined;
        const place = placeOf(item.value);
        const bytes = place === undefined ? undefined : await files.read(place);
        const line = bytes === undefined ? undefined : lineIn(bytes, 0, bytes.length, begins);
        if (line !== undefined) return JSON.parse(line) as PredictionRecord;
      }
    },
    sweep: (now) => files.sweep(now - KEPT_SECONDS * 1000),
    close: () => files.close(),
  };
}

const keyOf = (slice: string, number: number): string => `predictions/${slice}/${number}`;

const textOf = ({ file, from, length }: Place): string => `${file} ${from} ${length}`;

/** undefined for what an older Millrace kept there. */
function placeOf(text: string): Place | undefined {
  const [, file, from, length] = /^(\S+) (\d+) (\d+)$/.exec(text) ?? [];
  return file === undefined ? undefined : { file, from: Number(from), length: Number(length) };
}

const VERSION_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7/;

/** An id that tells no time is a slice of its own. */
function sliceOf(id: string): string {
  return VERSION_7.test(id) ? String(Math.floor(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) / SLICE_MS)) : `=${id}`;
}

/** Bytes that hold the lines of one slice, with the last line's end. */
interface Run { slice: string; from: number; to: number }

/** Lines lie one after the other already, and their ids are mostly of one moment. */
function runsOf({ starts }: Lines, ids: readonly (string | undefined)[]): Run[] {
  const runs: Run[] = [];
  let last: Run | undefined;
  let before: string | undefined;
  for (let at = 0; at < ids.length; at++) {
    const id = ids[at];
    // Most were made in the same millisecond as the one before.
    const slice: string | undefined = id === undefined ? undefined : before !== undefined && VERSION_7.test(before) && id.startsWith(before.slice(0, 15)) ? last?.slice : sliceOf(id);
    before = id;
    if (slice === undefined) last = undefined;
    else if (last?.slice === slice) last.to = starts[at + 1]!;
    else runs.push((last = { slice, from: starts[at]!, to: starts[at + 1]! }));
  }
  return runs;
}
