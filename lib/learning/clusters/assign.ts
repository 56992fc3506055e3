// Which cluster a row belongs to: the nearest centre, on standardised features. What serves needs no more.
import { standardise, type Standardisation } from '../linear/standardise.ts';
import type { FeatureColumn } from '../training-set.ts';

export interface ClusterModel extends Standardisation {
  /** Centres, standardised, in the order of their labels: ascending by the feature that labels them. */
  centres: number[][];
  /** Sum of squared distances of the training rows from their centres, standardised. */
  inertia: number;
}

/** The cluster of each row. */
export function assignClusters(model: ClusterModel, features: readonly FeatureColumn[]): Int32Array {
  const matrix = standardise(features, model);
  const width = features.length;
  return Int32Array.from({ length: matrix.length / width }, (_, row) => nearest([...matrix.subarray(row * width, (row + 1) * width)], model.centres).cluster);
}

/** Centres in the features' own units. */
export function centresOf({ centres, means, deviations }: ClusterModel): number[][] {
  return centres.map((centre) => centre.map((value, feature) => value * deviations[feature]! + means[feature]!));
}

/** The nearest centre; the first of equally near ones. */
export function nearest(point: readonly number[], centres: readonly number[][]): { cluster: number; distance: number } {
  let cluster = 0;
  let distance = Infinity;
  centres.forEach((centre, index) => {
    let sum = 0;
    for (let feature = 0; feature < centre.length; feature += 1) sum += (point[feature]! - centre[feature]!) ** 2;
    if (sum < distance) {
      distance = sum;
      cluster = index;
    }
  });
  return { cluster, distance };
}
