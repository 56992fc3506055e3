// Parts of the test rows, each measured by itself: a version may be better as a whole and fail the customers of one state.
import type { Dataset } from '../predictor/dataset.ts';
import type { SliceDeclaration } from '../predictor/types.ts';

export interface SliceFigure {
  /** `customer_state` */
  column: string;
  /** `SP` */
  value: string;
  rows: number;
  own: number;
  /** undefined without a champion to compare with. */
  champion?: number;
}

const LEAST_ROWS = 200;

/** Parts by value, the biggest first. Parts that are too small, or in which the metric cannot be told, are left out. */
export function measureSlices(
  { by, leastRows = LEAST_ROWS }: SliceDeclaration, { parts = {} }: Dataset, rows: Uint32Array, own: (rows: Uint32Array) => number, champion?: (rows: Uint32Array) => number,
): SliceFigure[] {
  return by.flatMap((column) => {
    const members = new Map<string, number[]>();
    for (const row of rows) {
      const value = parts[column]?.[row] ?? 'missing';
      const group = members.get(value);
      if (group === undefined) members.set(value, [row]);
      else group.push(row);
    }
    return [...members].filter(([, group]) => group.length >= leastRows).sort(([one, left], [other, right]) => right.length - left.length || (one < other ? -1 : 1)).flatMap(([value, group]): SliceFigure[] => {
      const part = Uint32Array.from(group);
      const [mine, theirs] = [own(part), champion?.(part)];
      return Number.isFinite(mine) ? [{ column, value, rows: part.length, own: mine, ...(theirs === undefined || !Number.isFinite(theirs) ? {} : { champion: theirs }) }] : [];
    });
  });
}
