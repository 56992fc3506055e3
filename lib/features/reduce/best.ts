// Tiles of the best: the least, greatest, first or last value of each tile, with runners-up, so that an event can be taken back.
import type { RuleValue } from '../../contracts/index.ts';
import { placeOf } from './tiles.ts';

/** A value, the time it counts from (0 where time does not matter), and how many events brought it. */
export interface Candidate { value: string | boolean; time: number; count: number }

/** The best of a tile first; `more`: there were others, which were forgotten. */
export interface Candidates { more: boolean; best: Candidate[] }

/** [tile, candidates, tile, candidates, …] */
export type BestTiles = (number | Candidates)[];

/** Negative where the first is better. */
export type Better = (a: Candidate, b: Candidate) => number;

/** How many are remembered: as many events of a tile can be taken back one after the other before its best is not known any more. */
export const RUNNERS_UP = 16;

export function addBest(tiles: BestTiles, tile: number, candidate: Omit<Candidate, 'count'>, by: 1 | -1, better: Better): void {
  const { at, found } = placeOf(tiles as never, tile);
  if (!found) {
    if (by > 0) tiles.splice(at, 0, tile, { more: false, best: [{ ...candidate, count: 1 }] });
    return;
  }
  const candidates = tiles[at + 1] as Candidates;
  const { best } = candidates;
  const one = { ...candidate, count: 1 };
  let place = 0;
  while (place < best.length && better(best[place]!, one) < 0) place++;
  const same = best[place];
  if (same !== undefined && better(same, one) === 0) {
    same.count += by;
    if (same.count <= 0) best.splice(place, 1);
    if (best.length === 0 && !candidates.more) tiles.splice(at, 2);
    return;
  }
  if (by < 0) return; // one of those that were forgotten
  if (place === best.length && candidates.more) return; // behind it there may be better ones
  best.splice(place, 0, one);
  if (best.length > RUNNERS_UP) {
    best.pop();
    candidates.more = true;
  }
}

/** The best of the tiles from the first on. */
export function bestFrom(tiles: BestTiles, first: number, better: Better): Candidate | undefined {
  let best: Candidate | undefined;
  for (let at = tiles.length - 2; at >= 0 && (tiles[at] as number) >= first; at -= 2) {
    const candidate = (tiles[at + 1] as Candidates).best[0];
    if (candidate !== undefined && (best === undefined || better(candidate, best) < 0)) best = candidate;
  }
  return best;
}

/** The order of typed values, as SQL has it. Numbers are whole numbers as text. */
export function orderOf(number: boolean, compareText: (a: string, b: string) => number): (a: Candidate['value'], b: Candidate['value']) => number {
  if (number) {
    return (a, b) => {
      const [x, y] = [BigInt(a), BigInt(b)];
      return x < y ? -1 : x > y ? 1 : 0;
    };
  }
  return (a, b) => (typeof a === 'boolean' || typeof b === 'boolean' ? Number(a) - Number(b) : compareText(a, b));
}

/** A value as a candidate keeps it. */
export function keptValue(value: Exclude<RuleValue, null>): string | boolean {
  return typeof value === 'bigint' ? String(value) : value;
}
