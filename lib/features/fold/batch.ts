// Folds events into the online store, each once: whatever an event changes is written in one transaction with the mark that it was here.
import { MillraceError, messageOf, type Clock } from '../../base/index.ts';
import type { FeatureSet } from '../load.ts';
import type { OnlineStore } from '../store.ts';
import { countInstead, fold } from './count.ts';
import { chunksOf, prepare, type FeatureEvent, type Prepared } from './prepare.ts';
import type { StateCache } from './state-cache.ts';
import { changesOf, keepStates, loadStates, loadWorkingSet } from './working-set.ts';

export interface FoldCounts {
  /** Events that count now. */
  folded: number;
  /** Of these, such as took the place of an event of the same id. */
  replaced: number;
  /** Left out for their id, or for their content. */
  duplicates: number;
  /** Read again: they were folded before. */
  again: number;
  /** Items written. */
  written: number;
  /** Writes that were made again, because somebody else had written the same item. */
  conflicts: number;
}

export interface FoldResult {
  counts: FoldCounts;
  /** How many events are done: all, or those before the first that is not. */
  done: number;
  /** Why not all are done. */
  error?: MillraceError;
}

export interface FoldOptions {
  clock: Clock;
  /** 0 to 1; waits between tries differ. */
  random: () => number;
  /** Tries of a write that meets others. Default 12. */
  tries?: number;
  /**
   * For events out of the lake: each counts as if it had arrived when it happened, however late its file came, so that windows are whole at
   * any time from the last event on. Default: an event counts as of its arrival.
   */
  asIfOnTime?: boolean;
  /** States as they were written last, so that hot entities are not read from text again and again. */
  cache?: StateCache;
}

export function noFoldCounts(): FoldCounts {
  return { folded: 0, replaced: 0, duplicates: 0, again: 0, written: 0, conflicts: 0 };
}

/**
 * Folds the events in their order. An event that was folded before changes nothing, so a batch may be given again after any failure.
 *
 * A store that takes few changes at once gets several writes, each whole in itself. The result tells how far it came.
 */
export async function foldBatch(store: OnlineStore, features: FeatureSet, events: readonly FeatureEvent[], options: FoldOptions): Promise<FoldResult> {
  const counts = noFoldCounts();
  let done = 0;
  const waiting = chunksOf(events.map((event) => prepare(features, event, options.asIfOnTime ?? false)), store.mostChanges);
  for (let chunk = waiting.shift(); chunk !== undefined; chunk = waiting.shift()) {
    try {
      const outcome = await foldChunk(store, features, chunk, options);
      if (outcome === 'too many') {
        const half = Math.ceil(chunk.length / 2);
        waiting.unshift(chunk.slice(0, half), chunk.slice(half));
        continue;
      }
      for (const key of Object.keys(counts) as (keyof FoldCounts)[]) counts[key] += outcome[key];
      done += chunk.length;
    } catch (error) {
      return { counts, done, error: error instanceof MillraceError ? error : new MillraceError('internal', messageOf(error), { cause: error }) };
    }
  }
  return { counts, done };
}

async function foldChunk(store: OnlineStore, features: FeatureSet, events: readonly Prepared[], { clock, random, tries = 12, cache }: FoldOptions): Promise<FoldCounts | 'too many'> {
  for (let tried = 0; tried < tries; tried++) {
    const set = await loadWorkingSet(store, events, cache);
    const counts = noFoldCounts();
    const onReplaced = () => counts.replaced++;
    for (const event of events) {
      let outcome = fold(features, set, event, onReplaced);
      if (typeof outcome !== 'string') {
        // Rarely: only an event that takes the place of another may touch what was not read yet.
        await loadStates(store, set, outcome.targets);
        onReplaced();
        outcome = countInstead(set, event, outcome.instead, outcome.targets);
      }
      counts[outcome]++;
    }
    const changes = changesOf(set, clock.now());
    if (changes.length > store.mostChanges && events.length > 1) return 'too many';
    counts.written = changes.length;
    counts.conflicts = tried;
    if (changes.length === 0 || (await store.write(changes)).ok) {
      if (cache !== undefined) keepStates(cache, set, changes);
      return counts;
    }
    await clock.sleep(Math.min(1000, 5 * 2 ** tried) * (0.5 + random()));
  }
  throw new MillraceError('conflict', `the online store was written by others ${tries} times in a row`, { where: `${events.length} events from ${events[0]!.position}`, todo: 'The batch comes again; spread the hot entity over more items (spread).' });
}
