// Tiles of the best: the least, greatest, first or last value of each tile, with runners-up, so that an event can be taken back.
import { placeOf } from './tiles.ts';

export type BestValue = string | boolean;

/** How candidates are ordered, and how much of them is kept. */
export interface BestOrder {
  /** Negative where the first is better. Times are microseconds, 0 where they do not matter. */
  compare(a: BestValue, aTime: number, b: BestValue, bTime: number): number;
  /** Candidates of a tile: as many events of it can be taken back one after the other before its best is not known any more. */
  runnersUp: number;
  /** The newest tiles that are kept; of what is last, older ones do not matter. */
  tiles: number;
}

/** [1 if others were forgotten else 0, value, time, events, value, time, events, …], the best first. */
type Candidates = (BestValue | number)[];

/** [tile, candidates, tile, candidates, …], which JSON carries as they are. */
export type BestTiles = (number | Candidates)[];

const WIDTH = 3;

export function addBest(tiles: BestTiles, tile: number, value: BestValue, time: number, by: 1 | -1, order: BestOrder): void {
  const { at, found } = placeOf(tiles as (number | unknown[])[], tile);
  if (!found) {
    if (by > 0) tiles.splice(at, 0, tile, [0, value, time, 1]);
    if (tiles.length > 2 * order.tiles) tiles.splice(0, tiles.length - 2 * order.tiles);
    return;
  }
  const candidates = tiles[at + 1] as Candidates;
  let place = 1;
  let compared = -1;
  while (place < candidates.length) {
    compared = order.compare(candidates[place] as BestValue, candidates[place + 1] as number, value, time);
    if (compared >= 0) break;
    place += WIDTH;
  }
  if (place < candidates.length && compared === 0) {
    const events = (candidates[place + 2] as number) + by;
    if (events > 0) candidates[place + 2] = events;
    else candidates.splice(place, WIDTH);
    if (candidates.length === 1 && candidates[0] === 0) tiles.splice(at, 2);
    return;
  }
  if (by < 0) return; // one of those that were forgotten
  if (place >= candidates.length && candidates[0] === 1) return; // behind it there may be better ones
  candidates.splice(place, 0, value, time, 1);
  if (candidates.length > 1 + WIDTH * order.runnersUp) {
    candidates.length = 1 + WIDTH * order.runnersUp;
    candidates[0] = 1;
  }
}

/** The best of the tiles from the first on, and its time. */
export function bestFrom(all: readonly BestTiles[], first: number, order: BestOrder): { value: BestValue; time: number } | undefined {
  let best: { value: BestValue; time: number } | undefined;
  for (const tiles of all) {
    for (let at = tiles.length - 2; at >= 0 && (tiles[at] as number) >= first; at -= 2) {
      const [, value, time] = tiles[at + 1] as [number, BestValue, number];
      if (value !== undefined && (best === undefined || order.compare(value, time, best.value, best.time) < 0)) best = { value, time };
    }
  }
  return best;
}
