// Distinct values: each with the tiles it was seen in. A window always reaches up to now, so of a value the newest tile decides, and of the
// values the thousand seen last: whatever is older can only be in windows that hold a thousand others.
import { createHash } from 'node:crypto';

/** Distinct counts are exact below this, and this from there on. */
export const MOST_DISTINCT = 1000;

/** Tiles that are remembered of a value, newest first, so that events can be taken back. */
const TILES_OF_A_VALUE = 4;

/** Texts longer than this are remembered by their hash. */
const LONGEST_VALUE = 40;

/**
 * By value, behind a `=` so that no value is a name of JavaScript's own. Mostly a value was seen in one tile: tile × 1024 + events. Else [tile, events,
 * tile, events, …], newest first. (A number a value and not a list, because hot items have a thousand values.)
 */
export type DistinctValues = Record<string, number | number[]>;

const EVENTS = 1024;

/** How many values there are; counted when first asked. */
const sizes = new WeakMap<DistinctValues, number>();

export function addDistinct(values: DistinctValues, tile: number, text: string, by: 1 | -1): void {
  const value = text.length > LONGEST_VALUE ? `#${createHash('sha256').update(text).digest('base64url').slice(0, 32)}` : `=${text}`;
  const known = values[value];
  if (known === undefined) {
    if (by > 0) insert(values, value, tile);
    return;
  }
  if (typeof known === 'number' && Math.floor(known / EVENTS) === tile) {
    const events = (known % EVENTS) + by;
    if (events <= 0) remove(values, value);
    else if (events < EVENTS) values[value] = known + by;
    return;
  }
  const tiles = typeof known === 'number' ? [Math.floor(known / EVENTS), known % EVENTS] : known;
  let at = 0;
  while (at < tiles.length && tiles[at]! > tile) at += 2;
  if (tiles[at] === tile) {
    tiles[at + 1]! += by;
    if (tiles[at + 1]! <= 0) tiles.splice(at, 2);
    if (tiles.length === 0) remove(values, value);
    return;
  }
  if (by < 0) return;
  tiles.splice(at, 0, tile, 1);
  if (tiles.length > 2 * TILES_OF_A_VALUE) tiles.length = 2 * TILES_OF_A_VALUE;
  values[value] = tiles;
}

const newestTile = (known: number | number[]): number => (typeof known === 'number' ? Math.floor(known / EVENTS) : known[0]!);

/** A few more than are needed, so that room is made for many at once. */
const SLACK = 128;

function insert(values: DistinctValues, value: string, tile: number): void {
  let size = sizes.get(values) ?? Object.keys(values).length;
  values[value] = tile * EVENTS + 1;
  size++;
  if (size > MOST_DISTINCT + SLACK) {
    // Those go that were seen longest ago.
    const oldest = Object.entries(values).sort(([, a], [, b]) => newestTile(a) - newestTile(b)).slice(0, SLACK);
    for (const [other] of oldest) delete values[other];
    size -= SLACK;
  }
  sizes.set(values, size);
}

function remove(values: DistinctValues, value: string): void {
  delete values[value];
  const size = sizes.get(values);
  if (size !== undefined) sizes.set(values, size - 1);
}

/** Up to which tile values were dropped: it moves on rarely. */
const dropped = new WeakMap<DistinctValues, number>();

export function dropDistinctBefore(values: DistinctValues, first: number): void {
  if (dropped.get(values) === first) return;
  dropped.set(values, first);
  for (const value in values) {
    const known = values[value]!;
    if (typeof known === 'number') {
      if (known < first * EVENTS) remove(values, value);
      continue;
    }
    while (known.length > 0 && known.at(-2)! < first) known.length -= 2;
    if (known.length === 0) remove(values, value);
  }
}

/** How many different values all of these have in tiles from the first on. */
export function distinctFrom(all: readonly DistinctValues[], first: number): number {
  const [only] = all;
  if (all.length === 1 && only !== undefined) {
    let count = 0;
    for (const value in only) if (newestTile(only[value]!) >= first) count++;
    return Math.min(count, MOST_DISTINCT);
  }
  const seen = new Set<string>();
  for (const values of all) for (const value in values) if (newestTile(values[value]!) >= first) seen.add(value);
  return Math.min(seen.size, MOST_DISTINCT);
}
