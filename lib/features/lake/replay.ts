// Replays a day of the lake's events through the reducers and compares every feature with the SQL.
import type { Clock } from '../../base/index.ts';
import type { Engine } from '../../warehouse/index.ts';
import { foldBatch } from '../fold/batch.ts';
import type { FeatureEvent } from '../fold/prepare.ts';
import { entityOf } from '../keys.ts';
import type { FeatureSet } from '../load.ts';
import { readFeatures } from '../read.ts';
import type { CompiledSource } from '../source.ts';
import { featuresAtSql } from '../sql.ts';
import type { OnlineStore } from '../store.ts';
import type { FeatureValue, FeatureValues } from '../types.ts';
import { fromSql, isSameValue } from '../values.ts';
import type { CompiledView } from '../view.ts';
import { DAY, firstTile, HOUR, textOfTime, timeOfText } from '../windows.ts';
import { eventsAsArrived } from './events.ts';

export interface ReplayOptions {
  features: FeatureSet;
  engine: Engine;
  /** An empty store for this alone. */
  store: OnlineStore;
  clock: Clock;
  /** The day (UTC) that is replayed, `2018-05-31`. */
  day: string;
  /** Tables are read as they were then (`pinsOf`); default: as they are. */
  snapshots?: Readonly<Record<string, bigint>>;
  signal?: AbortSignal;
  onProgress?: (progress: { view: string; at: string }) => void;
}

export interface Difference { view: string; entity: readonly string[]; feature: string; at: string; online: FeatureValue; sql: FeatureValue }

export interface ReplayReport {
  day: string;
  /** Events that went through the reducers, those before the day that windows reach included. */
  events: number;
  /** Of these, left out as duplicates. */
  duplicates: number;
  views: { view: string; times: string[]; entities: number; values: number; differences: number }[];
  /** At most a thousand of them. */
  differences: Difference[];
}

const MOST_DIFFERENCES = 1000;
const EVENTS_PER_WRITE = 5000;
const ENTITIES_AT_ONCE = 2000;

/**
 * Folds what the windows reach, in the order of arrival, and stops at some times of the day, tile edges among them, and at its end: there every
 * entity that SQL or reducers know is compared.
 */
export async function replayDay({ features, engine, store, clock, day, snapshots = {}, signal, onProgress }: ReplayOptions): Promise<ReplayReport> {
  const start = timeOfText(`${day} 00:00:00.000000`);
  const report: ReplayReport = { day, events: 0, duplicates: 0, views: [], differences: [] };
  for (const source of features.sources.values()) {
    const views = features.viewsOf(source.name);
    if (views.length === 0) continue;
    // An edge of every hop, a time within the shortest tile, and the end of the day.
    const times = [start + 6 * HOUR, start + 13 * HOUR + 7 * 60_000_000 + 123_000, start + DAY];
    const results = new Map(views.map((view) => [view.name, { view: view.name, times: times.map(textOfTime), entities: 0, values: 0, differences: 0 }]));
    const entities = new Map(views.map((view) => [view.name, new Set<string>()]));
    let done = Number.NEGATIVE_INFINITY;
    const reach = views.map((view) => view.longest);
    const from = reach.includes(undefined) ? undefined : Math.min(...reach.map((window) => firstTile(window, start) * window!.hop));
    const events = await eventsAsArrived({ engine, source, before: start + DAY, ...(from === undefined ? {} : { from }), snapshots, signal });
    const standing = standingAt(source, events);
    for (const at of times) {
      const due = events.filter((event) => event.row.time >= done && event.row.time < at && standing(event) < at);
      for (let index = 0; index < due.length; index += EVENTS_PER_WRITE) {
        signal?.throwIfAborted();
        const batch = due.slice(index, index + EVENTS_PER_WRITE);
        // The clock of the day: what was forgotten since then was known then.
        const { error, counts } = await foldBatch(store, features, batch, { clock: { ...clock, now: () => start / 1000 }, random: Math.random, asIfOnTime: true });
        if (error !== undefined) throw error;
        report.events += batch.length;
        report.duplicates += counts.duplicates;
        for (const view of views) for (const { row } of batch) noteEntity(entities.get(view.name)!, view, row);
      }
      done = at;
      for (const view of views) {
        onProgress?.({ view: view.name, at: textOfTime(at) });
        const result = results.get(view.name)!;
        result.entities = Math.max(result.entities, await compareAt({ view, at, entities: entities.get(view.name)!, engine, store, snapshots, signal, report, result }));
      }
    }
    report.views.push(...results.values());
  }
  return report;
}

/** When the version of an event that counts in the end happened: those that are replaced by a later one do not take part before it does. */
function standingAt(source: CompiledSource, events: readonly FeatureEvent[]): (event: FeatureEvent) => number {
  if (source.duplicates !== 'key') return (event) => event.row.time;
  const last = new Map(events.map((event) => [source.id(event.row)!, event.row.time]));
  return (event) => last.get(source.id(event.row)!)!;
}

function noteEntity(entities: Set<string>, view: CompiledView, row: FeatureEvent['row']): void {
  if (entityOf(view, row) !== undefined) entities.add(JSON.stringify(view.entityAt.map((at) => row.texts[at])));
}

interface Comparison { view: CompiledView; at: number; entities: ReadonlySet<string>; engine: Engine; store: OnlineStore; snapshots: Readonly<Record<string, bigint>>; signal: AbortSignal | undefined; report: ReplayReport; result: ReplayReport['views'][number] }

/** Gives how many entities were compared. */
async function compareAt({ view, at, entities, engine, store, snapshots, signal, report, result }: Comparison): Promise<number> {
  const { rows } = await engine.query(featuresAtSql(view, at / 1000), { snapshots, signal });
  const keys = view.entity.length;
  const expected = new Map(rows.map((row) => [JSON.stringify(row.slice(0, keys).map(String)), Object.fromEntries(view.features.map(({ name, type }, index) => [name, fromSql(row[keys + index], type)]))]));
  const all = [...new Set([...entities, ...expected.keys()])];
  for (let index = 0; index < all.length; index += ENTITIES_AT_ONCE) {
    const some = all.slice(index, index + ENTITIES_AT_ONCE);
    const ids = some.map((text) => JSON.parse(text) as string[]);
    const online = await readFeatures(store, view, ids, at / 1000);
    some.forEach((key, place) => compareEntity(view, ids[place]!, at, online[place]!, expected.get(key) ?? nothing(view), report, result));
  }
  return all.length;
}

function compareEntity(view: CompiledView, entity: readonly string[], at: number, online: FeatureValues, sql: FeatureValues, report: ReplayReport, result: ReplayReport['views'][number]): void {
  for (const { name, type } of view.features) {
    result.values++;
    if (isSameValue(online[name]!, sql[name]!, type)) continue;
    result.differences++;
    if (report.differences.length < MOST_DIFFERENCES) report.differences.push({ view: view.name, entity, feature: name, at: textOfTime(at), online: online[name]!, sql: sql[name]! });
  }
}

/** What features of an entity are of which nothing is known. */
function nothing(view: CompiledView): FeatureValues {
  return Object.fromEntries(view.features.map(({ name, type, aggregate }): [string, FeatureValue] => {
    if (aggregate.kind === 'count' || aggregate.kind === 'distinct') return [name, 0];
    if (aggregate.kind !== 'sum') return [name, null];
    return [name, type === 'bigint' ? 0 : `0.${'0'.repeat(Number(/\d+(?=\)$)/.exec(type)?.[0] ?? 0))}`];
  }));
}
