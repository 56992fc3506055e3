// Builds the state of all features from the lake, up to where the stream goes on: no event is missing between the two, and none counts twice.
import { MillraceError, type Clock } from '../../base/index.ts';
import { CHECKPOINT_PREFIX, type Lake } from '../../lake/index.ts';
import type { Engine } from '../../warehouse/index.ts';
import { foldBatch, noFoldCounts, type FoldCounts } from '../fold/batch.ts';
import type { FeatureEvent } from '../fold/prepare.ts';
import { marksKey, sinceKey } from '../keys.ts';
import type { ConsumedTo } from '../lmdb/home.ts';
import type { FeatureSet } from '../load.ts';
import { compareSequences } from '../position.ts';
import type { CompiledSource } from '../source.ts';
import type { OnlineStore } from '../store.ts';
import { DAY, firstTile, timeOfText } from '../windows.ts';
import { eventsByDay, eventsOnce } from './events.ts';

export interface BackfillOptions {
  features: FeatureSet;
  /** Empty: of an entity that has a state already, events would count on top of it. */
  store: OnlineStore;
  lake: Lake;
  engine: Engine;
  clock: Clock;
  /** Windows are whole at this time and later, milliseconds since 1970. Default: at the time of each entity's last event. */
  from?: number;
  signal?: AbortSignal;
  onProgress?: (progress: { source: string; events: number; of: number }) => void;
}

export interface BackfillReport {
  sources: { source: string; events: number; counts: FoldCounts }[];
  /** Where the consumer of each stream goes on: the least of what the tables have, by shard. */
  resume: ReadonlyMap<string, ReadonlyMap<string, ConsumedTo>>;
}

/** Events that are read into memory together, and of them those that are folded by one write. */
const ROWS_AT_ONCE = 200_000;
const EVENTS_PER_WRITE = 5000;

/**
 * Fills an empty store. The marks of the streams are taken before the tables are read, so what is committed in between comes again from the
 * stream, and is known by its id.
 */
export async function backfillFeatures({ features, store, lake, engine, clock, from, signal, onProgress }: BackfillOptions): Promise<BackfillReport> {
  const marks = new Map<string, Map<string, Map<string, ConsumedTo>>>();
  for (const source of features.sources.values()) marks.set(source.name, await marksOf(lake, source));

  const sources: BackfillReport['sources'] = [];
  for (const source of features.sources.values()) {
    if (features.viewsOf(source.name).length === 0 || !(await tableExists(lake, source))) continue;
    const start = startOf(features, source, from);
    const days = await eventsByDay({ engine, source, ...start, signal });
    const of = days.reduce((sum, { events }) => sum + events, 0);
    const counts = noFoldCounts();
    let events = 0;
    for (const part of partsOf(days)) {
      const rows = await eventsOnce({ engine, source, ...part, ...(start.from === undefined ? {} : { from: Math.max(part.from, start.from) }), signal });
      for (const batch of batchesByTime(rows)) {
        signal?.throwIfAborted();
        const { counts: folded, error } = await foldBatch(store, features, batch, { clock, random: Math.random, asIfOnTime: true });
        if (error !== undefined) throw error;
        for (const key of Object.keys(counts) as (keyof FoldCounts)[]) counts[key] += folded[key];
        events += batch.length;
        onProgress?.({ source: source.name, events, of });
      }
    }
    sources.push({ source: source.name, events, counts });
  }
  await writeMarks(store, features, marks);
  return { sources, resume: resumeFrom(marks) };
}

async function tableExists(lake: Lake, { contract }: CompiledSource): Promise<boolean> {
  return (await lake.listTables('bronze')).some(({ name }) => name === contract.name);
}

/** The oldest event that any window reaches. */
function startOf(features: FeatureSet, source: CompiledSource, at: number | undefined): { from?: number } {
  const longest = features.viewsOf(source.name).map((view) => view.longest);
  if (at === undefined || longest.includes(undefined)) return {};
  return { from: Math.min(...longest.map((window) => firstTile(window, at * 1000) * window!.hop)) };
}

/** Days in portions that memory holds. */
function partsOf(days: readonly { day: string; events: number }[]): { from: number; before: number }[] {
  const parts: { from: number; before: number; events: number }[] = [];
  for (const { day, events } of days) {
    const from = timeOfText(`${day} 00:00:00.000000`);
    const current = parts.at(-1);
    if (current !== undefined && current.events + events <= ROWS_AT_ONCE) {
      current.before = from + DAY;
      current.events += events;
    } else parts.push({ from, before: from + DAY, events });
  }
  return parts.map(({ from, before }) => ({ from, before }));
}

/** Events of the same time stay together: of those with the same content only one counts. */
function* batchesByTime(events: readonly FeatureEvent[]): Generator<FeatureEvent[]> {
  let start = 0;
  while (start < events.length) {
    let end = Math.min(start + EVENTS_PER_WRITE, events.length);
    while (end < events.length && events[end]!.row.time === events[end - 1]!.row.time) end++;
    yield events.slice(start, end);
    start = end;
  }
}

/** How far each stream is in the source's table, by stream and shard. */
async function marksOf(lake: Lake, source: CompiledSource): Promise<Map<string, Map<string, ConsumedTo>>> {
  const found = new Map<string, Map<string, ConsumedTo>>();
  if (!(await tableExists(lake, source))) return found;
  const { metadata } = await lake.loadTable({ namespace: 'bronze', name: source.contract.name });
  for (const [key, text] of Object.entries(metadata.properties)) {
    if (!key.startsWith(CHECKPOINT_PREFIX)) continue;
    // A shard's name has no point; a stream's may have some.
    const name = key.slice(CHECKPOINT_PREFIX.length);
    const [stream, shard] = [name.slice(0, name.lastIndexOf('.')), name.slice(name.lastIndexOf('.') + 1)];
    const [sequence = '0', ended] = text.split(' ');
    const shards = found.get(stream) ?? new Map<string, ConsumedTo>();
    found.set(stream, shards.set(shard, { sequence, ended: ended === 'end' }));
  }
  return found;
}

async function writeMarks(store: OnlineStore, features: FeatureSet, marks: ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, ConsumedTo>>>): Promise<void> {
  const changes = [
    ...[...marks].flatMap(([source, streams]) => [...streams].map(([stream, shards]) => ({
      key: marksKey(source, stream), value: JSON.stringify(Object.fromEntries([...shards].map(([shard, { sequence }]) => [shard, sequence]))),
    }))),
    ...[...features.views.values()].map((view) => ({ key: sinceKey(view.name), value: JSON.stringify(Object.fromEntries(view.series.map(({ id }) => [id, 0]))) })),
  ];
  const known = await store.get(changes.map(({ key }) => key));
  for (const [at, change] of changes.entries()) {
    const result = await store.write([{ ...change, expected: known[at]?.version, expiresAt: undefined }]);
    if (!result.ok) throw new MillraceError('conflict', 'the online store is written by others', { where: change.key, todo: 'Stop the function that folds the stream, then fill the store again.' });
  }
}

/** A stream that feeds several tables goes on where the one that is behind is; the others skip what they have. */
function resumeFrom(marks: ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, ConsumedTo>>>): Map<string, Map<string, ConsumedTo>> {
  const resume = new Map<string, Map<string, ConsumedTo>>();
  for (const streams of marks.values()) {
    for (const [stream, shards] of streams) {
      const least = resume.get(stream) ?? new Map<string, ConsumedTo>();
      for (const [shard, mark] of shards) {
        const other = least.get(shard);
        const order = other === undefined ? -1 : compareSequences(mark.sequence, other.sequence);
        if (order < 0 || (order === 0 && !mark.ended)) least.set(shard, mark);
      }
      resume.set(stream, least);
    }
  }
  return resume;
}
