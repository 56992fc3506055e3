// What is kept of an entity: a state a series, the events that are not due yet, and how far each shard was read.
import type { RuleValue } from '../contracts/index.ts';
import { addBest, bestFrom, keptValue, type BestTiles, type Candidate, type Candidates } from './reduce/best.ts';
import { addDistinct, distinctFrom, dropDistinctBefore, type DistinctValues } from './reduce/distinct.ts';
import { addCount, addSum, countFrom, dropBefore, sumFrom, type CountTiles, type SumTiles } from './reduce/tiles.ts';
import type { EventRow } from './source.ts';
import type { CompiledView, Series } from './view.ts';
import { firstTile, tileOf } from './windows.ts';

type SeriesState = CountTiles | SumTiles | BestTiles | DistinctValues;

/** The lanes (stream and shard) that the newest events came through, with the position of the last. */
export type Watermarks = Record<string, string>;

export interface EntityState {
  /** By the series' ids. States of series that no feature needs any more are left out when it is written. */
  series: Map<string, SeriesState>;
  /** Events that happen after the newest arrival: clocks differ. They count from their time on. */
  ahead: EventRow[];
  watermarks: Watermarks;
}

/** More events than this are not kept apart: the earliest of them count at once. */
const MOST_AHEAD = 256;
/** Resharding leaves shards behind that are never written again. */
const MOST_WATERMARKS = 8;

export function emptyState(): EntityState {
  return { series: new Map(), ahead: [], watermarks: {} };
}

/** Takes an event in (`by` 1) or back (-1), as of `now`, microseconds: what happens later than that waits. */
export function foldEvent(view: CompiledView, state: EntityState, row: EventRow, by: 1 | -1, now: number): void {
  if (by < 0) {
    const at = state.ahead.findIndex((other) => other.time === row.time && other.texts.every((text, index) => text === row.texts[index]));
    if (at >= 0) {
      state.ahead.splice(at, 1);
      return;
    }
  } else if (row.time >= now) {
    state.ahead.push(row);
    state.ahead.sort((a, b) => a.time - b.time);
    if (state.ahead.length > MOST_AHEAD) count(view, state, state.ahead.shift()!, 1, now);
    return;
  }
  count(view, state, row, by, now);
}

/** Counts the events that have become due: those before `now`. */
export function advance(view: CompiledView, state: EntityState, now: number): void {
  while (state.ahead.length > 0 && state.ahead[0]!.time < now) count(view, state, state.ahead.shift()!, 1, now);
}

/** Leaves out tiles that no window at `now` or later reaches. */
export function prune(view: CompiledView, state: EntityState, now: number): void {
  for (const series of view.series) {
    const kept = state.series.get(series.id);
    if (kept === undefined || series.window === undefined) continue;
    const first = firstTile(series.window, now);
    if (kept instanceof Map) dropDistinctBefore(kept, first);
    else dropBefore(kept, first);
  }
}

function count(view: CompiledView, state: EntityState, row: EventRow, by: 1 | -1, now: number): void {
  for (const series of view.series) {
    const tile = tileOf(series.window, row.time);
    if (tile < firstTile(series.window, now)) continue;
    if (series.where !== undefined && series.where(row) !== true) continue;
    if (series.kind === 'count') {
      addCount(stateOf(state, series) as CountTiles, tile, by);
      continue;
    }
    const value = series.value!(row);
    if (value === null) continue;
    switch (series.kind) {
      case 'sum':
        addSum(stateOf(state, series) as SumTiles, tile, by > 0 ? (value as bigint) : -(value as bigint));
        break;
      case 'distinct':
        addDistinct(stateOf(state, series) as DistinctValues, tile, String(value), by);
        break;
      default:
        addBest(stateOf(state, series) as BestTiles, tile, { value: keptValue(value), time: series.kind === 'first' || series.kind === 'last' ? row.time : 0 }, by, series.better);
    }
  }
}

function stateOf(state: EntityState, series: Series): SeriesState {
  let kept = state.series.get(series.id);
  if (kept === undefined) {
    kept = series.kind === 'distinct' ? new Map<string, number[]>() : [];
    state.series.set(series.id, kept);
  }
  return kept;
}

/** The value of a series at `at` over the states of an entity's items, none of which knows an event later than `at` but those ahead. */
export function seriesValue(series: Series, states: readonly EntityState[], at: number): RuleValue {
  const first = firstTile(series.window, at);
  const all = states.map((state) => state.series.get(series.id)).filter((one) => one !== undefined);
  switch (series.kind) {
    case 'count':
      return BigInt(all.reduce((total, one) => total + countFrom(one as CountTiles, first), 0));
    case 'sum':
      return all.reduce((total, one) => total + sumFrom(one as SumTiles, first), 0n);
    case 'distinct':
      return all.length === 0 ? 0n : BigInt(distinctFrom(all as DistinctValues[], first));
    default: {
      let best: Candidate | undefined;
      for (const one of all) {
        const candidate = bestFrom(one as BestTiles, first, series.better);
        if (candidate !== undefined && (best === undefined || series.better(candidate, best) < 0)) best = candidate;
      }
      if (best === undefined) return null;
      return series.valueType.is === 'number' ? BigInt(best.value) : best.value;
    }
  }
}

/** Notes how far the lane was read for this entity. */
export function setWatermark({ watermarks }: EntityState, lane: string, position: string): void {
  delete watermarks[lane]; // so that the newest stand last
  watermarks[lane] = position;
  const lanes = Object.keys(watermarks);
  for (const old of lanes.slice(0, Math.max(0, lanes.length - MOST_WATERMARKS))) delete watermarks[old];
}

/** Raised by a change of this format. */
const FORMAT = 1;

interface StateJson { f: number; s: Record<string, unknown[]>; a?: [number, readonly (string | null)[]][]; w?: Watermarks }

export function encodeState(view: CompiledView, state: EntityState): string {
  const json: StateJson = { f: FORMAT, s: {} };
  for (const { id } of view.series) {
    const kept = state.series.get(id);
    if (kept === undefined) continue;
    const written = kept instanceof Map ? [...kept].flat() : kept.map((part) => (typeof part === 'object' ? writeCandidates(part) : part));
    if (written.length > 0) json.s[id] = written;
  }
  if (state.ahead.length > 0) json.a = state.ahead.map(({ time, texts }) => [time, texts]);
  if (Object.keys(state.watermarks).length > 0) json.w = state.watermarks;
  return JSON.stringify(json);
}

export function decodeState(view: CompiledView, text: string): EntityState {
  const json = JSON.parse(text) as StateJson;
  const state = emptyState();
  for (const { id, kind } of view.series) {
    const written = json.s[id];
    if (written === undefined) continue;
    if (kind === 'distinct') state.series.set(id, readDistinct(written));
    else if (kind === 'count' || kind === 'sum') state.series.set(id, written as CountTiles | SumTiles);
    else state.series.set(id, written.map((part) => (Array.isArray(part) ? readCandidates(part) : (part as number))));
  }
  state.ahead = (json.a ?? []).map(([time, texts]) => ({ time, texts }));
  state.watermarks = json.w ?? {};
  return state;
}

/** Whether nothing is kept, so that the item can go. */
export function isEmpty(view: CompiledView, state: EntityState): boolean {
  return state.ahead.length === 0 && view.series.every(({ id }) => {
    const kept = state.series.get(id);
    return kept === undefined || (kept instanceof Map ? kept.size : kept.length) === 0;
  });
}

function readDistinct(written: readonly unknown[]): DistinctValues {
  const values: DistinctValues = new Map();
  for (let at = 0; at < written.length; at += 2) values.set(written[at] as string, written[at + 1] as number[]);
  return values;
}

const writeCandidates = ({ more, best }: Candidates): unknown[] => [more ? 1 : 0, ...best.flatMap(({ value, time, count: events }) => [value, time, events])];

function readCandidates([more, ...parts]: readonly unknown[]): Candidates {
  const best: Candidate[] = [];
  for (let at = 0; at < parts.length; at += 3) best.push({ value: parts[at] as string | boolean, time: parts[at + 1] as number, count: parts[at + 2] as number });
  return { more: more === 1, best };
}
