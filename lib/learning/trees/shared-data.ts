// The training data as all threads see it: columns, bins row by row, labels and weights in shared memory.
import type { TrainingSet } from '../training-set.ts';
import { shareOf, type Team } from '../threads/team.ts';
import { binCategorical, binNumeric, cutsOf } from './cuts.ts';

/** Rows in shared memory; survives being sent to a worker. */
export interface SharedRows {
  rows: number;
  width: number;
  /** Column by column. */
  columns: Float32Array;
  labels: Float32Array;
  weights: Float32Array | undefined;
  /** Row by row, one byte a feature. */
  bins: Uint8Array;
}

/** How each feature is binned: its cuts, or the number of its categories. In shared memory, 256 numbers a feature. */
export interface SharedBinning {
  categorical: readonly boolean[];
  /** Cuts of a numeric feature. */
  cuts: Float32Array;
  /** Bins of a feature that hold values: cuts + 1, or the number of categories. */
  sizes: Int32Array;
}

export function sharedFloats(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(length * 4));
}

export function shareRows({ features, labels, weights }: TrainingSet): SharedRows {
  const rows = labels.length;
  const columns = sharedFloats(rows * features.length);
  features.forEach(({ values }, feature) => columns.set(values, feature * rows));
  const copy = (values: Float32Array): Float32Array => {
    const shared = sharedFloats(rows);
    shared.set(values);
    return shared;
  };
  return {
    rows, width: features.length, columns, labels: copy(labels), weights: weights === undefined ? undefined : copy(weights),
    bins: new Uint8Array(new SharedArrayBuffer(rows * features.length)),
  };
}

export function shareBinning(features: TrainingSet['features']): SharedBinning {
  return {
    categorical: features.map(({ kind }) => kind === 'categorical'), cuts: sharedFloats(features.length * 256), sizes: new Int32Array(new SharedArrayBuffer(features.length * 4)),
  };
}

/** Finds the bins of the training rows; every thread must call it, each does a share of the features. */
export function findBins(data: SharedRows, binning: SharedBinning, maxBins: number, seed: number, team: Team): void {
  for (let feature = team.index; feature < data.width; feature += team.size) {
    const values = data.columns.subarray(feature * data.rows, (feature + 1) * data.rows);
    if (binning.categorical[feature]) {
      let greatest = -1;
      for (const value of values) if (value > greatest) greatest = value;
      binning.sizes[feature] = greatest + 1;
    } else {
      const cuts = cutsOf(values, maxBins, seed);
      binning.cuts.set(cuts, feature * 256);
      binning.sizes[feature] = cuts.length + 1;
    }
  }
  team.barrier();
}

/** Bins a share of the rows; the caller meets the others at a barrier afterwards. */
export function fillBins(data: SharedRows, binning: SharedBinning, team: Team): void {
  const { begin, end } = shareOf(data.rows, team);
  for (let feature = 0; feature < data.width; feature += 1) {
    const values = data.columns.subarray(feature * data.rows, (feature + 1) * data.rows);
    const size = binning.sizes[feature]!;
    if (binning.categorical[feature]) binCategorical(values, size, begin, end, data.bins, data.width, feature);
    else binNumeric(values, binning.cuts.subarray(feature * 256, feature * 256 + size - 1), begin, end, data.bins, data.width, feature);
  }
}
