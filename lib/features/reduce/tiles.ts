// Tiles of a number: how many, or how much, in each. Flat pairs in the order of time, which JSON carries as they are.

/** [tile, number, tile, number, …] */
export type CountTiles = number[];
/** [tile, digits, tile, digits, …]: exact whole numbers, as text because JSON has no others beyond 2^53. */
export type SumTiles = (number | string)[];

/** Where the tile's pair is, or where it belongs: `found` tells which. Events mostly come in order, so the search starts at the end. */
export function placeOf(tiles: readonly (number | string | unknown[])[], tile: number): { at: number; found: boolean } {
  let at = tiles.length - 2;
  while (at >= 0 && (tiles[at] as number) > tile) at -= 2;
  return at >= 0 && tiles[at] === tile ? { at, found: true } : { at: at + 2, found: false };
}

export function addCount(tiles: CountTiles, tile: number, by: 1 | -1): void {
  const { at, found } = placeOf(tiles, tile);
  if (!found) {
    tiles.splice(at, 0, tile, by);
    return;
  }
  const sum = tiles[at + 1]! + by;
  if (sum === 0) tiles.splice(at, 2);
  else tiles[at + 1] = sum;
}

export function addSum(tiles: SumTiles, tile: number, by: bigint): void {
  if (by === 0n) return;
  const { at, found } = placeOf(tiles, tile);
  if (!found) {
    tiles.splice(at, 0, tile, String(by));
    return;
  }
  const sum = BigInt(tiles[at + 1]!) + by;
  if (sum === 0n) tiles.splice(at, 2);
  else tiles[at + 1] = String(sum);
}

export function countFrom(tiles: CountTiles, first: number): number {
  let sum = 0;
  for (let at = tiles.length - 2; at >= 0 && tiles[at]! >= first; at -= 2) sum += tiles[at + 1]!;
  return sum;
}

export function sumFrom(tiles: SumTiles, first: number): bigint {
  let sum = 0n;
  for (let at = tiles.length - 2; at >= 0 && (tiles[at] as number) >= first; at -= 2) sum += BigInt(tiles[at + 1]!);
  return sum;
}

/** Takes away the pairs of tiles before the first. */
export function dropBefore(tiles: unknown[], first: number): void {
  let end = 0;
  while (end < tiles.length && (tiles[end] as number) < first) end += 2;
  if (end > 0) tiles.splice(0, end);
}
