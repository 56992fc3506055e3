// What is kept of an entity: a state a series, the events that are not due yet, and how far each shard was read. It is kept as JSON, and worked on
// in the form that JSON gives it.
import type { RuleValue } from '../contracts/index.ts';
import { addBest, bestFrom, type BestTiles, type BestValue } from './reduce/best.ts';
import { addDistinct, distinctFrom, dropDistinctBefore, type DistinctValues } from './reduce/distinct.ts';
import { addCount, addSum, countFrom, dropBefore, sumFrom, type CountTiles, type SumTiles } from './reduce/tiles.ts';
import type { EventRow } from './source.ts';
import type { CompiledView, Series } from './view.ts';
import { firstTile, textOfTime, tileOf } from './windows.ts';

type SeriesState = CountTiles | SumTiles | BestTiles | DistinctValues;

export interface EntityState {
  /** The version of this format. */
  f: number;
  /** States by the series' ids. */
  s: Record<string, SeriesState>;
  /** Events that happen after the newest arrival, by time: clocks differ. They count from their time on. */
  a?: [time: number, texts: readonly (string | null)[]][];
  /** By lane (stream and shard) that the newest events came through: the position of the last. */
  w?: Record<string, string>;
}

/** Raised by a change of the format. */
const FORMAT = 1;
/** More events than this are not kept apart: the earliest of them count at once. */
const MOST_AHEAD = 256;
/** Resharding leaves lanes behind that are never written again. */
const MOST_WATERMARKS = 8;

export function emptyState(): EntityState {
  return { f: FORMAT, s: {} };
}

export function decodeState(text: string): EntityState {
  return JSON.parse(text) as EntityState;
}

/** Series that no feature needs any more are left out. */
export function encodeState(view: CompiledView, state: EntityState): string {
  for (const id in state.s) if (!view.seriesIds.has(id) || isEmptySeries(state.s[id]!)) delete state.s[id];
  if (state.a?.length === 0) delete state.a;
  return JSON.stringify(state);
}

/** Whether nothing is kept, so that the item can go. */
export function isEmpty({ s, a = [], w }: EntityState): boolean {
  return a.length === 0 && w === undefined && Object.values(s).every(isEmptySeries);
}

function isEmptySeries(state: SeriesState): boolean {
  if (Array.isArray(state)) return state.length === 0;
  for (const _ in state) return false;
  return true;
}

/** Takes an event in (`by` 1) or back (-1), as of `now`, microseconds: what happens later than that waits. */
export function foldEvent(view: CompiledView, state: EntityState, row: EventRow, by: 1 | -1, now: number): void {
  if (by < 0) {
    const at = state.a?.findIndex(([time, texts]) => time === row.time && texts.every((text, index) => text === row.texts[index])) ?? -1;
    if (at >= 0) {
      state.a!.splice(at, 1);
      return;
    }
  } else if (row.time >= now) {
    const ahead = (state.a ??= []);
    ahead.push([row.time, row.texts]);
    ahead.sort(([a], [b]) => a - b);
    if (ahead.length > MOST_AHEAD) countFirst(view, state, now);
    return;
  }
  count(view, state, row, by, now);
}

/** Counts the events that have become due: those before `now`. */
export function advance(view: CompiledView, state: EntityState, now: number): void {
  while (state.a !== undefined && state.a.length > 0 && state.a[0]![0] < now) countFirst(view, state, now);
}

function countFirst(view: CompiledView, state: EntityState, now: number): void {
  const [time, texts] = state.a!.shift()!;
  count(view, state, { time, texts }, 1, now);
}

/** Leaves out tiles that no window at `now` or later reaches. */
export function prune(view: CompiledView, state: EntityState, now: number): void {
  for (const { id, window } of view.series) {
    const kept = state.s[id];
    if (kept === undefined || window === undefined) continue;
    const first = firstTile(window, now);
    if (Array.isArray(kept)) dropBefore(kept, first);
    else dropDistinctBefore(kept, first);
  }
}

function count(view: CompiledView, state: EntityState, row: EventRow, by: 1 | -1, now: number): void {
  for (const series of view.series) {
    const { window, kind } = series;
    const tile = tileOf(window, row.time);
    if (tile < firstTile(window, now)) continue;
    if (series.where !== undefined && series.where(row) !== true) continue;
    if (kind === 'count') {
      addCount((state.s[series.id] ??= []) as CountTiles, tile, by);
      continue;
    }
    if (series.isTime) {
      addBest((state.s[series.id] ??= []) as BestTiles, tile, true, row.time, by, series.order);
      continue;
    }
    const value = series.value!(row);
    if (value === null) continue;
    switch (kind) {
      case 'sum':
        addSum((state.s[series.id] ??= []) as SumTiles, tile, by > 0 ? (value as bigint) : -(value as bigint));
        break;
      case 'distinct':
        addDistinct((state.s[series.id] ??= {}) as DistinctValues, tile, String(value), by);
        break;
      default:
        addBest((state.s[series.id] ??= []) as BestTiles, tile, kept(value), kind === 'first' || kind === 'last' ? row.time : 0, by, series.order);
    }
  }
}

const kept = (value: Exclude<RuleValue, null>): BestValue => (typeof value === 'bigint' ? String(value) : value);

/** The value of a series at `at` over the states of an entity's items, none of which counts an event later than `at`. */
export function seriesValue(series: Series, states: readonly EntityState[], at: number): RuleValue {
  const first = firstTile(series.window, at);
  const all = states.flatMap(({ s }) => (s[series.id] === undefined ? [] : [s[series.id]!]));
  switch (series.kind) {
    case 'count':
      return BigInt(all.reduce((total, one) => total + countFrom(one as CountTiles, first), 0));
    case 'sum':
      return all.reduce((total, one) => total + sumFrom(one as SumTiles, first), 0n);
    case 'distinct':
      return BigInt(distinctFrom(all as DistinctValues[], first));
    default: {
      const best = bestFrom(all as BestTiles[], first, series.order);
      if (best === undefined) return null;
      if (series.isTime) return textOfTime(best.time);
      return series.valueType.is === 'number' ? BigInt(best.value) : best.value;
    }
  }
}

/** How far the lane was read for this entity. */
export function watermarkOf(state: EntityState, lane: string): string | undefined {
  return state.w?.[lane];
}

export function setWatermark(state: EntityState, lane: string, position: string): void {
  const marks = (state.w ??= {});
  if (marks[lane] === undefined) {
    const lanes = Object.keys(marks);
    if (lanes.length >= MOST_WATERMARKS) delete marks[lanes[0]!];
  }
  marks[lane] = position;
}
