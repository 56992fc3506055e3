// Train/serve skew: whether what the online store gave is what the lake says of the same moment.

export type SkewStatus = 'equal' | 'lagging' | 'skewed';

export interface SkewRow {
  feature: string;
  view: string;
  compared: number;
  equal: number;
  differing: number;
  /** Of the differing: the store was behind, and no more than that. */
  explainedByLag: number;
  /** undefined where nothing differs, or only by being missing. */
  largestDifference?: number;
  /** Prediction in which the difference is largest, or that first differed. */
  example?: string;
  status: SkewStatus;
}

/** One input of one answer. */
export interface ServedInput {
  predictionId: string;
  feature: string;
  view: string;
  served: number | null;
  /** As of the answer. */
  lake: number | null;
  /** As of moments before it, or without what reached the lake later: asked only where `served` differs. */
  earlier: readonly (number | null)[];
}

/** Relative, as single precision has it: the model sees no more. */
const TOLERANCE = 1e-6;

export function isSameInput(one: number | null, other: number | null): boolean {
  return one === other || (one !== null && other !== null && Math.abs(one - other) <= TOLERANCE * Math.max(1, Math.abs(one), Math.abs(other)));
}

/** One row a feature: the skewed first, then by the share that differs. */
export function measureSkew(inputs: readonly ServedInput[]): SkewRow[] {
  const rows = new Map<string, SkewRow & { worst: { explained: boolean; size: number } }>();
  for (const { predictionId, feature, view, served, lake, earlier } of inputs) {
    const row = rows.get(feature) ?? { feature, view, compared: 0, equal: 0, differing: 0, explainedByLag: 0, status: 'equal', worst: { explained: true, size: -1 } };
    rows.set(feature, row);
    row.compared += 1;
    if (isSameInput(served, lake)) {
      row.equal += 1;
      continue;
    }
    row.differing += 1;
    const explained = earlier.some((value) => isSameInput(served, value));
    if (explained) row.explainedByLag += 1;
    const size = served === null || lake === null ? 0 : Math.abs(served - lake);
    // A difference that lag explains is of less interest than any that it does not.
    if ((row.worst.explained && !explained) || (row.worst.explained === explained && size > row.worst.size)) {
      row.worst = { explained, size };
      row.example = predictionId;
      if (size > 0) row.largestDifference = size;
      else delete row.largestDifference;
    }
    row.status = row.explainedByLag === row.differing ? 'lagging' : 'skewed';
  }
  const order: readonly SkewStatus[] = ['skewed', 'lagging', 'equal'];
  return [...rows.values()].map(({ worst: _worst, ...row }) => row)
    .sort((left, right) => order.indexOf(left.status) - order.indexOf(right.status) || right.differing / right.compared - left.differing / left.compared || (left.feature < right.feature ? -1 : 1));
}
