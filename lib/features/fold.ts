// Folds events into the online store, each once: whatever an event changes is written in one transaction with the mark that it was here.
import { MillraceError, messageOf, type Clock } from '../base/index.ts';
import { contentKey, entityOf, eventKey, marksKey, spreadOf, stateKey } from './keys.ts';
import type { FeatureSet } from './load.ts';
import { comparePositions, compareSequences, laneOf, positionText, type EventPlace } from './position.ts';
import type { CompiledSource, EventRow } from './source.ts';
import { advance, decodeState, emptyState, encodeState, foldEvent, isEmpty, prune, setWatermark, watermarkOf, type EntityState } from './state.ts';
import type { CachedState, StateCache } from './state-cache.ts';
import { nextVersion, type Change, type OnlineStore, type StoredItem } from './store.ts';
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
  const waiting = chunksOf(events.map((event) => prepare(features, event, options)), store.mostChanges);
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

/** The item of a view that an event goes into. */
interface Target { view: CompiledView; key: string; /** The state of the event's own partition key, all of whose events come through one shard in order. */ isOwn: boolean }

/** An event with everything that is computed once. */
interface Prepared {
  event: FeatureEvent;
  lane: string;
  position: string;
  /** As of when it counts, microseconds. */
  now: number;
  key: string;
  content: string | undefined;
  marks: string | undefined;
  targets: Target[];
}

function prepare(features: FeatureSet, event: FeatureEvent, { asIfOnTime = false }: FoldOptions): Prepared {
  const { source, row, place, arrivedAt } = event;
  const lane = laneOf(place);
  const position = positionText(place);
  const content = source.sameContentWithin === undefined ? undefined : source.content(row);
  return {
    event, lane, position,
    now: asIfOnTime ? Math.min(row.time + 1, arrivedAt) : arrivedAt,
    key: eventKey(source.name, source.id(row, content) ?? `${lane}/${position}`),
    content: content === undefined ? undefined : contentKey(source.name, content),
    marks: place.stream === undefined ? undefined : marksKey(source.name, place.stream),
    targets: targetsOf(features, source, row, lane, event.partitionKey),
  };
}

function targetsOf(features: FeatureSet, source: CompiledSource, row: EventRow, lane: string, partitionKey: string | undefined): Target[] {
  const targets: Target[] = [];
  for (const view of features.viewsOf(source.name)) {
    const entity = entityOf(view, row);
    // A record that was not sent with the entity as its partition key says nothing about the order of the others.
    if (entity !== undefined) targets.push({ view, key: stateKey(view.name, entity, spreadOf(view, lane)), isOwn: view.isPartitionKey && entity === partitionKey });
  }
  return targets;
}

/** Cuts the events where a write would get too large. Events that replace others touch more; there is room for some of them. */
function chunksOf(events: readonly Prepared[], most: number): Prepared[][] {
  if (events.length === 0) return [];
  if (!Number.isFinite(most)) return [[...events]];
  const chunks: Prepared[][] = [[]];
  let keys = new Set<string>();
  for (const event of events) {
    const own = [event.key, ...(event.content === undefined ? [] : [event.content]), ...event.targets.map(({ key }) => key)];
    if (keys.size > 0 && keys.size + own.length > most - 10) {
      chunks.push([]);
      keys = new Set();
    }
    for (const key of own) keys.add(key);
    chunks.at(-1)!.push(event);
  }
  return chunks;
}

/** What an event of an id was: enough to take it back. */
interface Known { arrivedAt: number; lane: string; position: string; counted: boolean; row: EventRow }

type KnownJson = [arrivedAt: number, lane: string, position: string, counted: 0 | 1, ...texts: (string | null)[]];

interface StateEntry { view: CompiledView; state: EntityState; version: number | undefined; isDirty: boolean; now: number }
interface EventEntry { known: Known | undefined; version: number | undefined; expiresAt: number | undefined }
interface ContentEntry { arrivedAt: number | undefined; version: number | undefined; expiresAt: number | undefined }

/** Everything that a chunk has read, and what it will write. */
class WorkingSet {
  readonly states = new Map<string, StateEntry>();
  readonly events = new Map<string, EventEntry>();
  readonly contents = new Map<string, ContentEntry>();
  readonly marks = new Map<string, Record<string, string>>();
}

async function foldChunk(store: OnlineStore, features: FeatureSet, events: readonly Prepared[], { clock, random, tries = 12, cache }: FoldOptions): Promise<FoldCounts | 'too many'> {
  for (let tried = 0; tried < tries; tried++) {
    const set = new WorkingSet();
    await load(store, set, events, cache);
    const counts = noFoldCounts();
    for (const event of events) {
      const outcome = fold(features, set, event, counts);
      // Nearly always at once: only an event that takes the place of another may touch what was not read yet.
      counts[typeof outcome === 'string' ? outcome : await replace(store, features, set, event, outcome, counts)]++;
    }
    const changes = changesOf(set, clock.now());
    if (changes.length > store.mostChanges && events.length > 1) return 'too many';
    counts.written = changes.length;
    counts.conflicts = tried;
    if (changes.length === 0 || (await store.write(changes)).ok) {
      if (cache !== undefined) keep(cache, set, changes);
      return counts;
    }
    await clock.sleep(Math.min(1000, 5 * 2 ** tried) * (0.5 + random()));
  }
  throw new MillraceError('conflict', `the online store was written by others ${tries} times in a row`, { where: `${events.length} events from ${events[0]!.position}`, todo: 'The batch comes again; spread the hot entity over more items (spread).' });
}

async function load(store: OnlineStore, set: WorkingSet, events: readonly Prepared[], cache: StateCache | undefined): Promise<void> {
  const keys = new Set<string>();
  for (const { key, content, marks, targets } of events) {
    keys.add(key);
    if (content !== undefined) keys.add(content);
    if (marks !== undefined) keys.add(marks);
    for (const target of targets) keys.add(target.key);
  }
  const wanted = [...keys];
  // Taken out before anything is waited for, so that nobody else works on the same state.
  const held = new Map<string, CachedState>();
  if (cache !== undefined) {
    for (const { targets } of events) {
      for (const { key } of targets) {
        const state = cache.take(key);
        if (state !== undefined) held.set(key, state);
      }
    }
  }
  const items = await store.get(wanted, (key, version) => held.get(key)?.version === version);
  const found = new Map(wanted.map((key, at) => [key, items[at]]));
  for (const { event, key, content, marks, targets } of events) {
    if (!set.events.has(key)) {
      const item = found.get(key);
      set.events.set(key, { known: item === undefined ? undefined : readKnown(event.source, item.value), version: item?.version, expiresAt: undefined });
    }
    if (content !== undefined && !set.contents.has(content)) {
      const item = found.get(content);
      set.contents.set(content, { arrivedAt: item === undefined ? undefined : Number(item.value), version: item?.version, expiresAt: undefined });
    }
    if (marks !== undefined && !set.marks.has(marks)) {
      const item = found.get(marks);
      set.marks.set(marks, item === undefined ? {} : (JSON.parse(item.value) as Record<string, string>));
    }
    for (const target of targets) takeState(set, target, found.get(target.key), held.get(target.key));
  }
}

function takeState(set: WorkingSet, { view, key }: Target, item: StoredItem | undefined, held?: CachedState): void {
  if (set.states.has(key)) return;
  const state = item === undefined ? emptyState() : held?.version === item.version ? held.state : decodeState(item.value);
  set.states.set(key, { view, state, version: item?.version, isDirty: false, now: Number.NEGATIVE_INFINITY });
}

/** States that are met again, or are long, are worth keeping. */
const CACHED_FROM = 1024;

function keep(cache: StateCache, set: WorkingSet, changes: readonly Change[]): void {
  for (const { key, value, version } of changes) {
    const entry = value === undefined ? undefined : set.states.get(key);
    if (entry === undefined || version === undefined || (entry.version === undefined && value!.length < CACHED_FROM)) continue;
    cache.put(key, { version, state: entry.state, bytes: value!.length });
  }
}

/** Folds the event, or gives the one whose place it takes. */
function fold(features: FeatureSet, set: WorkingSet, prepared: Prepared, counts: FoldCounts): 'folded' | 'duplicates' | 'again' | Known {
  if (wasFolded(set, prepared)) return 'again';
  const { known } = set.events.get(prepared.key)!;
  if (known === undefined) return countEvent(set, prepared);
  if (known.lane === prepared.lane && known.position === prepared.position) return 'again';
  if (!takesPlaceOf(prepared, known)) {
    noteWatermark(set, prepared);
    return 'duplicates';
  }
  if (!known.counted) return countEvent(set, prepared);
  const isLoaded = targetsOf(features, prepared.event.source, known.row, known.lane, undefined).every(({ key }) => set.states.has(key));
  return isLoaded ? countInstead(features, set, prepared, known, counts) : known;
}

/** Takes an event back, whose item has to be read first, and folds the one that takes its place. */
async function replace(store: OnlineStore, features: FeatureSet, set: WorkingSet, prepared: Prepared, known: Known, counts: FoldCounts): Promise<'folded' | 'duplicates'> {
  const targets = targetsOf(features, prepared.event.source, known.row, known.lane, undefined).filter(({ key }) => !set.states.has(key));
  const items = await store.get(targets.map(({ key }) => key));
  targets.forEach((target, at) => takeState(set, target, items[at]));
  return countInstead(features, set, prepared, known, counts);
}

function countInstead(features: FeatureSet, set: WorkingSet, prepared: Prepared, known: Known, counts: FoldCounts): 'folded' | 'duplicates' {
  apply(set, targetsOf(features, prepared.event.source, known.row, known.lane, undefined), known.row, -1, prepared.now);
  counts.replaced++;
  return countEvent(set, prepared);
}

/** Counts the event, unless it says what another said shortly before. */
function countEvent(set: WorkingSet, prepared: Prepared): 'folded' | 'duplicates' {
  const { event: { source, row, arrivedAt }, lane, position, now, key, targets } = prepared;
  const counted = !isSameContent(set, prepared);
  if (counted) apply(set, targets, row, 1, now);
  const entry = set.events.get(key)!;
  entry.known = { arrivedAt, lane, position, counted, row };
  entry.expiresAt = seconds(Math.max(row.time + source.maxAge, arrivedAt + DAY));
  noteWatermark(set, prepared);
  return counted ? 'folded' : 'duplicates';
}

/** Whether the event is before the place up to which the lake was folded, or its entity's lane was read beyond it. */
function wasFolded(set: WorkingSet, { event: { place }, lane, position, marks, targets }: Prepared): boolean {
  const mark = marks === undefined ? undefined : set.marks.get(marks)?.[place.shard];
  if (mark !== undefined && compareSequences(place.sequence, mark) <= 0) return true;
  return targets.some(({ key, isOwn }) => {
    const watermark = isOwn ? watermarkOf(set.states.get(key)!.state, lane) : undefined;
    return watermark !== undefined && comparePositions(position, watermark) <= 0;
  });
}

function noteWatermark(set: WorkingSet, { lane, position, now, targets }: Prepared): void {
  for (const { key, isOwn } of targets) {
    if (!isOwn) continue;
    const entry = set.states.get(key)!;
    setWatermark(entry.state, lane, position);
    entry.isDirty = true;
    entry.now = Math.max(entry.now, now);
  }
}

function takesPlaceOf({ event: { source, row, arrivedAt }, lane, position }: Prepared, known: Known): boolean {
  if (source.duplicates !== 'key') return row.time < known.row.time || (row.time === known.row.time && arrivedAt < known.arrivedAt);
  if (arrivedAt !== known.arrivedAt) return arrivedAt > known.arrivedAt;
  return lane === known.lane && comparePositions(position, known.position) > 0;
}

/** Whether an event of the same content, with another id, arrived shortly before; either way this one is the last to have arrived. */
function isSameContent(set: WorkingSet, { event: { source, arrivedAt }, content }: Prepared): boolean {
  if (content === undefined || source.sameContentWithin === undefined) return false;
  const entry = set.contents.get(content)!;
  const before = entry.arrivedAt;
  entry.arrivedAt = Math.max(before ?? arrivedAt, arrivedAt);
  entry.expiresAt = seconds(entry.arrivedAt + source.sameContentWithin + DAY);
  return before !== undefined && Math.abs(arrivedAt - before) <= source.sameContentWithin;
}

function apply(set: WorkingSet, targets: readonly Target[], row: EventRow, by: 1 | -1, now: number): void {
  for (const { view, key } of targets) {
    const entry = set.states.get(key)!;
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
  const next = (version: number | undefined) => nextVersion(version, clockMilliseconds);
  const isLate = (expiresAt: number) => expiresAt * 1000 <= clockMilliseconds;
  for (const [key, { view, state, version, isDirty, now }] of set.states) {
    if (!isDirty) continue;
    prune(view, state, now);
    const expiresAt = view.longest === undefined ? undefined : seconds(now + view.longest.span + view.longest.hop + DAY);
    changes.push({ key, value: isEmpty(state) ? undefined : encodeState(view, state), expected: version, version: next(version), expiresAt });
  }
  for (const [key, { known, version, expiresAt }] of set.events) {
    if (expiresAt !== undefined && known !== undefined && !isLate(expiresAt)) changes.push({ key, value: writeKnown(known), expected: version, version: next(version), expiresAt });
  }
  for (const [key, { arrivedAt, version, expiresAt }] of set.contents) {
    if (expiresAt !== undefined && !isLate(expiresAt)) changes.push({ key, value: String(arrivedAt), expected: version, version: next(version), expiresAt });
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
