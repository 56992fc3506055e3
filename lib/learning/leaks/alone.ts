// Features that foretell the label all by themselves: seldom genius, mostly the label under another name.
import { areaUnderCurve } from '../metrics/ranking.ts';

export interface Suspect {
  feature: string;
  /** Area under the curve of this feature alone, in the better direction; of a value, the square of its rank correlation with the label. */
  alone: number;
}

/** More than this is too good to be true for one feature. */
export const SUSPICIOUS = 0.99;

/** Fewer known values say nothing. */
const LEAST_ROWS = 50;

/**
 * Of the given rows. A missing value counts as less than all others, since being missing may give it away as well.
 * @param output `probability`: labels are 0 and 1; `value`: any numbers.
 */
export function suspectsAmong(names: readonly string[], columns: readonly Float32Array[], labels: Float32Array, rows: Uint32Array, output: 'probability' | 'value'): Suspect[] {
  if (rows.length < LEAST_ROWS) return [];
  const known = Float32Array.from(rows, (row) => labels[row]!);
  return names.flatMap((feature, index) => {
    const values = Float32Array.from(rows, (row) => (Number.isNaN(columns[index]![row]!) ? -Number.MAX_VALUE : columns[index]![row]!));
    const alone = output === 'probability' ? bothWays(areaUnderCurve(values, known)) : rankCorrelation(values, known) ** 2;
    return alone > SUSPICIOUS ? [{ feature, alone }] : [];
  });
}

const bothWays = (area: number): number => Math.max(area, 1 - area);

function rankCorrelation(left: Float32Array, right: Float32Array): number {
  const [a, b] = [ranksOf(left), ranksOf(right)];
  const middle = (left.length - 1) / 2;
  let [together, ofLeft, ofRight] = [0, 0, 0];
  for (let index = 0; index < a.length; index++) {
    const [one, other] = [a[index]! - middle, b[index]! - middle];
    together += one * other;
    ofLeft += one * one;
    ofRight += other * other;
  }
  return ofLeft === 0 || ofRight === 0 ? 0 : together / Math.sqrt(ofLeft * ofRight);
}

/** Equal values share the mean of their ranks. */
function ranksOf(values: Float32Array): Float64Array {
  const order = Uint32Array.from(values.keys()).sort((left, right) => values[left]! - values[right]!);
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1]!] === values[order[from]!]) to += 1;
    for (let at = from; at <= to; at++) ranks[order[at]!] = (from + to) / 2;
    from = to + 1;
  }
  return ranks;
}
