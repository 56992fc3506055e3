// Everything that a write has read, and what it will write: states of entities, what is known of events, and how far the lake was folded.
import type { CompiledSource, EventRow } from '../source.ts';
import { decodeState, emptyState, encodeState, isEmpty, prune, type EntityState } from '../state.ts';
import { nextVersion, type Change, type OnlineStore, type StoredItem } from '../store.ts';
import type { CompiledView } from '../view.ts';
import type { Prepared, Target } from './prepare.ts';
import type { CachedState, StateCache } from './state-cache.ts';

/** What an event of an id was: enough to take it back. */
export interface Known { arrivedAt: number; lane: string; position: string; counted: boolean; row: EventRow }

type KnownJson = [arrivedAt: number, lane: string, position: string, counted: 0 | 1, ...texts: (string | null)[]];

export interface StateEntry { view: CompiledView; state: EntityState; version: number | undefined; isDirty: boolean; now: number }
export interface EventEntry { source: CompiledSource; known: Known | undefined; version: number | undefined; expiresAt: number | undefined }
export interface ContentEntry { arrivedAt: number | undefined; version: number | undefined; expiresAt: number | undefined }

export interface WorkingSet {
  states: Map<string, StateEntry>;
  events: Map<string, EventEntry>;
  contents: Map<string, ContentEntry>;
  /** Sequence numbers by shard. */
  marks: Map<string, Record<string, string>>;
}

/** Reads all that the events touch, in one call of the store. */
export async function loadWorkingSet(store: OnlineStore, events: readonly Prepared[], cache: StateCache | undefined): Promise<WorkingSet> {
  const set: WorkingSet = { states: new Map(), events: new Map(), contents: new Map(), marks: new Map() };
  /** States that have to be asked for, with what is remembered of them. */
  const asked = new Map<string, { target: Target; held: CachedState | undefined }>();
  for (const { event: { source }, key, content, marks, targets } of events) {
    if (!set.events.has(key)) set.events.set(key, { source, known: undefined, version: undefined, expiresAt: undefined });
    if (content !== undefined && !set.contents.has(content)) set.contents.set(content, { arrivedAt: undefined, version: undefined, expiresAt: undefined });
    if (marks !== undefined && !set.marks.has(marks)) set.marks.set(marks, {});
    for (const target of targets) {
      if (set.states.has(target.key) || asked.has(target.key)) continue;
      // Taken out before anything is waited for, so that nobody else works on the same state.
      const held = cache?.take(target.key);
      if (held !== undefined && store.hasOneWriter === true) set.states.set(target.key, { view: target.view, state: held.state, version: held.version, isDirty: false, now: Number.NEGATIVE_INFINITY });
      else asked.set(target.key, { target, held });
    }
  }
  const items = await store.get([...set.events.keys(), ...set.contents.keys(), ...set.marks.keys(), ...asked.keys()]);
  let at = 0;
  for (const entry of set.events.values()) {
    const item = items[at++];
    if (item === undefined) continue;
    entry.known = readKnown(entry.source, item.value);
    entry.version = item.version;
  }
  for (const entry of set.contents.values()) {
    const item = items[at++];
    if (item === undefined) continue;
    entry.arrivedAt = Number(item.value);
    entry.version = item.version;
  }
  for (const key of set.marks.keys()) {
    const item = items[at++];
    if (item !== undefined) set.marks.set(key, JSON.parse(item.value) as Record<string, string>);
  }
  for (const { target, held } of asked.values()) takeState(set, target, items[at++], held);
  return set;
}

/** Reads the states of some more items. */
export async function loadStates(store: OnlineStore, set: WorkingSet, targets: readonly Target[]): Promise<void> {
  const missing = targets.filter(({ key }) => !set.states.has(key));
  const items = await store.get(missing.map(({ key }) => key));
  missing.forEach((target, at) => takeState(set, target, items[at], undefined));
}

function takeState(set: WorkingSet, { view, key }: Target, item: StoredItem | undefined, held: CachedState | undefined): void {
  const state = item === undefined ? emptyState() : held?.version === item.version ? held.state : decodeState(item.value);
  set.states.set(key, { view, state, version: item?.version, isDirty: false, now: Number.NEGATIVE_INFINITY });
}

/** States that are met again, or are long, are worth keeping. */
const CACHED_FROM = 1024;

/** Remembers the states as they were written. */
export function keepStates(cache: StateCache, set: WorkingSet, changes: readonly Change[]): void {
  for (const { key, value, version } of changes) {
    const entry = value === undefined ? undefined : set.states.get(key);
    if (entry === undefined || version === undefined || (entry.version === undefined && value!.length < CACHED_FROM)) continue;
    cache.put(key, { version, state: entry.state, bytes: value!.length });
  }
}

export const DAY = 86_400_000_000;
export const seconds = (microseconds: number): number => Math.ceil(microseconds / 1_000_000);

/** What nobody will ask for any more is not written. */
export function changesOf(set: WorkingSet, clockMilliseconds: number): Change[] {
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
