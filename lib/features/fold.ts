// Folds events into the online store, each once: whatever an event changes is written in one transaction with the mark that it was here.
import { MillraceError, messageOf, type Clock } from '../base/index.ts';
import { contentKey, entityOf, eventKey, marksKey, spreadOf, stateKey } from './keys.ts';
import type { FeatureSet } from './load.ts';
import { comparePositions, compareSequences, laneOf, positionText, type EventPlace } from './position.ts';
import type { CompiledSource, EventRow } from './source.ts';
import { advance, decodeState, emptyState, encodeState, foldEvent, isEmpty, prune, setWatermark, type EntityState } from './state.ts';
import type { Change, OnlineStore } from './store.ts';
import type { CompiledView } from './view.ts';

/** An accepted event with its place. */
export interface FeatureEvent {
  source: CompiledSource;
  row: EventRow;
  /** When the stream took it, microseconds since 1970. */
  arrivedAt: number;
  place: EventPlace;
  /** The record's; undefined for a row of a file. */
  partitionKey: string | undefined;
}

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
  const waiting = chunksOf(features, events, store.mostChanges);
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

/** Cuts the events where a write would get too large. Events that replace others touch more; there is room for some of them. */
function chunksOf(features: FeatureSet, events: readonly FeatureEvent[], most: number): FeatureEvent[][] {
  if (events.length === 0) return [];
  if (!Number.isFinite(most)) return [[...events]];
  const chunks: FeatureEvent[][] = [[]];
  let keys = new Set<string>();
  for (const event of events) {
    const own = keysOf(features, event);
    if (keys.size > 0 && keys.size + own.length > most - 10) {
      chunks.push([]);
      keys = new Set();
    }
    for (const key of own) keys.add(key);
    chunks.at(-1)!.push(event);
  }
  return chunks;
}

/** What an event of this id was: enough to take it back. */
interface Known { arrivedAt: number; lane: string; position: string; counted: boolean; row: EventRow }

type KnownJson = [arrivedAt: number, lane: string, position: string, counted: 0 | 1, ...texts: (string | null)[]];

interface StateEntry { view: CompiledView; state: EntityState; version: number | undefined; isDirty: boolean; now: number }

/** Everything that a chunk has read, and what it will write. */
class WorkingSet {
  readonly asIfOnTime: boolean;
  readonly states = new Map<string, StateEntry>();
  readonly events = new Map<string, { known: Known | undefined; version: number | undefined; expiresAt: number | undefined }>();
  readonly contents = new Map<string, { arrivedAt: number | undefined; version: number | undefined; expiresAt: number | undefined }>();
  readonly marks = new Map<string, Record<string, string>>();

  constructor(asIfOnTime: boolean) {
    this.asIfOnTime = asIfOnTime;
  }

  /** As of when an event counts. */
  nowOf({ row, arrivedAt }: FeatureEvent): number {
    return this.asIfOnTime ? Math.min(row.time + 1, arrivedAt) : arrivedAt;
  }
}

async function foldChunk(store: OnlineStore, features: FeatureSet, events: readonly FeatureEvent[], { clock, random, tries = 12, asIfOnTime = false }: FoldOptions): Promise<FoldCounts | 'too many'> {
  for (let tried = 0; tried < tries; tried++) {
    const set = new WorkingSet(asIfOnTime);
    await load(store, features, set, events);
    const counts = noFoldCounts();
    for (const event of events) counts[await fold(store, features, set, event, counts)]++;
    const changes = changesOf(set, clock.now());
    if (changes.length > store.mostChanges && events.length > 1) return 'too many';
    counts.written = changes.length;
    counts.conflicts = tried;
    if (changes.length === 0 || (await store.write(changes)).ok) return counts;
    await clock.sleep(Math.min(1000, 5 * 2 ** tried) * (0.5 + random()));
  }
  throw new MillraceError('conflict', `the online store was written by others ${tries} times in a row`, { where: `${events.length} events from ${positionText(events[0]!.place)}`, todo: 'The batch comes again; spread the hot entity over more items (spread).' });
}

function keysOf(features: FeatureSet, event: FeatureEvent): string[] {
  const { source, row, place } = event;
  const states = features.viewsOf(source.name).flatMap((view) => {
    const entity = entityOf(view, row);
    return entity === undefined ? [] : [stateKey(view.name, entity, spreadOf(view, laneOf(place)))];
  });
  const contents = source.sameContentWithin === undefined ? [] : [contentKey(source.name, source.content(row))];
  return [eventKey(source.name, idOf(event)), ...contents, ...states];
}

function idOf({ source, row, place }: FeatureEvent): string {
  return source.id(row) ?? `${laneOf(place)}/${positionText(place)}`;
}

async function load(store: OnlineStore, features: FeatureSet, set: WorkingSet, events: readonly FeatureEvent[]): Promise<void> {
  const wanted = new Map<string, (text: string | undefined, version: number | undefined) => void>();
  for (const event of events) {
    const { source, row, place } = event;
    if (place.stream !== undefined) {
      const { stream } = place;
      const marks = marksKey(source.name, stream);
      wanted.set(marks, (text) => set.marks.set(marks, text === undefined ? {} : (JSON.parse(text) as Record<string, string>)));
    }
    const key = eventKey(source.name, idOf(event));
    wanted.set(key, (text, version) => set.events.set(key, { known: text === undefined ? undefined : readKnown(source, text), version, expiresAt: undefined }));
    if (source.sameContentWithin !== undefined) {
      const content = contentKey(source.name, source.content(row));
      wanted.set(content, (text, version) => set.contents.set(content, { arrivedAt: text === undefined ? undefined : Number(text), version, expiresAt: undefined }));
    }
    wantStates(features, set, wanted, source, row, laneOf(place));
  }
  await take(store, wanted);
}

type Wanted = Map<string, (text: string | undefined, version: number | undefined) => void>;

function wantStates(features: FeatureSet, set: WorkingSet, wanted: Wanted, source: CompiledSource, row: EventRow, lane: string): void {
  for (const view of features.viewsOf(source.name)) {
    const entity = entityOf(view, row);
    if (entity === undefined) continue;
    const key = stateKey(view.name, entity, spreadOf(view, lane));
    if (set.states.has(key)) continue;
    wanted.set(key, (text, version) => set.states.set(key, { view, state: text === undefined ? emptyState() : decodeState(view, text), version, isDirty: false, now: Number.NEGATIVE_INFINITY }));
  }
}

async function take(store: OnlineStore, wanted: Wanted): Promise<void> {
  if (wanted.size === 0) return;
  const items = await store.get([...wanted.keys()]);
  let at = 0;
  for (const receive of wanted.values()) {
    const item = items[at++];
    receive(item?.value, item?.version);
  }
}

async function fold(store: OnlineStore, features: FeatureSet, set: WorkingSet, event: FeatureEvent, counts: FoldCounts): Promise<'folded' | 'duplicates' | 'again'> {
  const { source, row, arrivedAt, place } = event;
  if (wasFolded(features, set, event)) return 'again';
  const entry = set.events.get(eventKey(source.name, idOf(event)))!;
  const { known } = entry;
  if (known !== undefined) {
    if (known.lane === laneOf(place) && known.position === positionText(place)) return 'again';
    if (!takesPlaceOf(source, event, known)) {
      noteWatermark(features, set, event);
      return 'duplicates';
    }
    if (known.counted) {
      const old: Wanted = new Map();
      wantStates(features, set, old, source, known.row, known.lane);
      await take(store, old);
      apply(features, set, source, known.row, known.lane, -1, set.nowOf(event));
      counts.replaced++;
    }
  }
  const counted = !isSameContent(set, event);
  if (counted) apply(features, set, source, row, laneOf(place), 1, set.nowOf(event));
  entry.known = { arrivedAt, lane: laneOf(place), position: positionText(place), counted, row };
  entry.expiresAt = seconds(Math.max(row.time + source.maxAge, arrivedAt + DAY));
  noteWatermark(features, set, event);
  return counted ? 'folded' : 'duplicates';
}

/** Whether the event is before the place up to which the lake was folded, or its entity's shard was read beyond it. */
function wasFolded(features: FeatureSet, set: WorkingSet, event: FeatureEvent): boolean {
  const { place, source } = event;
  if (place.stream === undefined) return false;
  const mark = set.marks.get(marksKey(source.name, place.stream))?.[place.shard];
  if (mark !== undefined && compareSequences(place.sequence, mark) <= 0) return true;
  return ownStates(features, set, event).some(({ state }) => {
    const watermark = state.watermarks[laneOf(place)];
    return watermark !== undefined && comparePositions(positionText(place), watermark) <= 0;
  });
}

/**
 * The states that all events of come through one shard in order: those of the partition key, if the record was really sent with it. A
 * record that was not says nothing about the others.
 */
function ownStates(features: FeatureSet, set: WorkingSet, { source, row, place, partitionKey }: FeatureEvent): StateEntry[] {
  if (place.stream === undefined) return [];
  return features.viewsOf(source.name).flatMap((view) => {
    const entity = view.isPartitionKey ? entityOf(view, row) : undefined;
    return entity === undefined || entity !== partitionKey ? [] : (set.states.get(stateKey(view.name, entity, 0)) ?? []);
  });
}

function noteWatermark(features: FeatureSet, set: WorkingSet, event: FeatureEvent): void {
  for (const entry of ownStates(features, set, event)) {
    setWatermark(entry.state, laneOf(event.place), positionText(event.place));
    entry.isDirty = true;
    entry.now = Math.max(entry.now, set.nowOf(event));
  }
}

function takesPlaceOf({ duplicates }: CompiledSource, event: FeatureEvent, known: Known): boolean {
  if (duplicates !== 'key') return event.row.time < known.row.time || (event.row.time === known.row.time && event.arrivedAt < known.arrivedAt);
  if (event.arrivedAt !== known.arrivedAt) return event.arrivedAt > known.arrivedAt;
  return laneOf(event.place) === known.lane && comparePositions(positionText(event.place), known.position) > 0;
}

/** Whether an event of the same content, with another id, arrived shortly before; either way this one is the last to have arrived. */
function isSameContent(set: WorkingSet, { source, row, arrivedAt }: FeatureEvent): boolean {
  if (source.sameContentWithin === undefined) return false;
  const entry = set.contents.get(contentKey(source.name, source.content(row)))!;
  const before = entry.arrivedAt;
  entry.arrivedAt = Math.max(before ?? arrivedAt, arrivedAt);
  entry.expiresAt = seconds(entry.arrivedAt + source.sameContentWithin + DAY);
  return before !== undefined && Math.abs(arrivedAt - before) <= source.sameContentWithin;
}

function apply(features: FeatureSet, set: WorkingSet, source: CompiledSource, row: EventRow, lane: string, by: 1 | -1, now: number): void {
  for (const view of features.viewsOf(source.name)) {
    const entity = entityOf(view, row);
    if (entity === undefined) continue;
    const entry = set.states.get(stateKey(view.name, entity, spreadOf(view, lane)))!;
    entry.now = Math.max(entry.now, now);
    advance(view, entry.state, entry.now);
    foldEvent(view, entry.state, row, by, entry.now);
    entry.isDirty = true;
  }
}

const DAY = 86_400_000_000;
const seconds = (microseconds: number): number => Math.ceil(microseconds / 1_000_000);

/** What nobody will ask for any more is not written. */
function changesOf(set: WorkingSet, clockMilliseconds: number): Change[] {
  const changes: Change[] = [];
  const isLate = (expiresAt: number) => expiresAt * 1000 <= clockMilliseconds;
  for (const [key, { view, state, version, isDirty, now }] of set.states) {
    if (!isDirty) continue;
    prune(view, state, now);
    const isGone = isEmpty(view, state) && Object.keys(state.watermarks).length === 0;
    const expiresAt = view.longest === undefined ? undefined : seconds(now + view.longest.span + view.longest.hop + DAY);
    changes.push({ key, value: isGone ? undefined : encodeState(view, state), expected: version, expiresAt });
  }
  for (const [key, { known, version, expiresAt }] of set.events) {
    if (expiresAt !== undefined && known !== undefined && !isLate(expiresAt)) changes.push({ key, value: writeKnown(known), expected: version, expiresAt });
  }
  for (const [key, { arrivedAt, version, expiresAt }] of set.contents) {
    if (expiresAt !== undefined && !isLate(expiresAt)) changes.push({ key, value: String(arrivedAt), expected: version, expiresAt });
  }
  return changes;
}

function writeKnown({ arrivedAt, lane, position, counted, row }: Known): string {
  const json: KnownJson = [arrivedAt, lane, position, counted ? 1 : 0, ...row.texts];
  return JSON.stringify(json);
}

function readKnown(source: CompiledSource, text: string): Known {
  const [arrivedAt, lane, position, counted, ...texts] = JSON.parse(text) as KnownJson;
  return { arrivedAt, lane, position, counted: counted === 1, row: source.rowOf(texts)! };
}
