// Segments: clusters with names, and how well they part rows that they were not learned from.
import { hash32, seededRandom, shuffled } from '../random.ts';
import { standardise } from '../linear/standardise.ts';
import type { FeatureColumn } from '../training-set.ts';
import type { ClusterModel } from './assign.ts';
import type { ClusterSettings } from './k-means.ts';

export interface SegmentSettings extends ClusterSettings {
  /** A name a segment, by ascending mean of `orderBy`. Default: segment 1, segment 2, … */
  names?: readonly string[];
}

export interface SegmentModel extends ClusterModel {
  names: string[];
}

export interface SegmentQuality {
  /** Mean squared distance of the rows from their segments' centres, standardised. */
  inertia: number;
  /** The same with one segment for all. */
  baselineInertia: number;
  /** Mean silhouette (Rousseeuw 1987) of at most 1,000 rows: near 1 where segments lie apart, about 0 where they touch. */
  silhouette: number;
  /** The same rows with their segments drawn anew, in the same sizes. */
  baselineSilhouette: number;
}

const MOST_ROWS = 1_000;

export function segmentQuality(model: ClusterModel, features: readonly FeatureColumn[], assigned: Int32Array, seed = 0): SegmentQuality {
  const width = features.length;
  const matrix = standardise(features, model);
  const rows = matrix.length / width;
  const mean = Array.from({ length: width }, (_, feature) => {
    let sum = 0;
    for (let row = 0; row < rows; row += 1) sum += matrix[row * width + feature]!;
    return sum / rows;
  });
  const squares = (centreOf: (row: number) => readonly number[]): number => {
    let sum = 0;
    for (let row = 0; row < rows; row += 1) {
      const centre = centreOf(row);
      for (let feature = 0; feature < width; feature += 1) sum += (matrix[row * width + feature]! - centre[feature]!) ** 2;
    }
    return sum / rows;
  };
  const sample = shuffled(rows, seededRandom(hash32(seed, rows, 1))).slice(0, MOST_ROWS);
  const labels = Int32Array.from(sample, (row) => assigned[row]!);
  const redrawn = Int32Array.from(shuffled(labels.length, seededRandom(hash32(seed, rows, 2))), (place) => labels[place]!);
  const points = Array.from(sample, (row) => matrix.subarray(row * width, (row + 1) * width));
  return {
    inertia: squares((row) => model.centres[assigned[row]!]!), baselineInertia: squares(() => mean),
    silhouette: silhouette(points, labels), baselineSilhouette: silhouette(points, redrawn),
  };
}

/** Mean over the points of (b − a) / max(a, b): a the mean distance to the own cluster's others, b to the nearest other cluster's. Alone in a cluster: 0. */
function silhouette(points: readonly Float64Array[], labels: Int32Array): number {
  const clusters = labels.reduce((most, label) => Math.max(most, label), 0) + 1;
  const sizes = new Float64Array(clusters);
  for (const label of labels) sizes[label]! += 1;
  let total = 0;
  points.forEach((point, at) => {
    const sums = new Float64Array(clusters);
    points.forEach((other, index) => {
      let squared = 0;
      for (let feature = 0; feature < point.length; feature += 1) squared += (point[feature]! - other[feature]!) ** 2;
      sums[labels[index]!]! += Math.sqrt(squared);
    });
    const own = labels[at]!;
    if (sizes[own]! < 2) return;
    const within = sums[own]! / (sizes[own]! - 1);
    let beyond = Infinity;
    for (let cluster = 0; cluster < clusters; cluster += 1) if (cluster !== own && sizes[cluster]! > 0) beyond = Math.min(beyond, sums[cluster]! / sizes[cluster]!);
    if (Number.isFinite(beyond) && Math.max(within, beyond) > 0) total += (beyond - within) / Math.max(within, beyond);
  });
  return total / points.length;
}
