// Groups of alike rows: k-means on standardised features, seeded, the best of several starts.
import { kmeans } from 'ml-kmeans';
import { MillraceError } from '../../base/index.ts';
import { standardisationOf, standardise } from '../linear/standardise.ts';
import { hash32 } from '../random.ts';
import type { FeatureColumn } from '../training-set.ts';
import { nearest, type ClusterModel } from './assign.ts';

export interface ClusterSettings {
  clusters: number;
  /** Clusters are numbered by ascending mean of this feature. Default: the first. */
  orderBy?: string;
  /** Starts, of which the one with the least inertia is kept. Default 10. */
  starts?: number;
  iterations?: number;
  /** Default 0. */
  seed?: number;
}

/** Finds the clusters of columns of features, and each row's. */
export function trainClusters(features: readonly FeatureColumn[], { clusters, orderBy, starts = 10, iterations = 100, seed = 0 }: ClusterSettings): { model: ClusterModel; assigned: Int32Array } {
  const rows = features[0]?.values.length ?? 0;
  if (!(Number.isInteger(clusters) && clusters >= 1 && clusters <= rows)) {
    throw new MillraceError('bad_input', `${rows} rows make no ${clusters} clusters`, { where: 'clusters', todo: 'give a whole number from 1 to the number of rows' });
  }
  const order = orderBy === undefined ? 0 : features.findIndex(({ name }) => name === orderBy);
  if (order < 0) throw new MillraceError('bad_input', `there is no feature ${orderBy}`, { where: 'orderBy', todo: `name one of ${features.map(({ name }) => name).join(', ')}` });
  const standardisation = standardisationOf(features);
  const matrix = standardise(features, standardisation);
  const points = Array.from({ length: rows }, (_, row) => [...matrix.subarray(row * features.length, (row + 1) * features.length)]);
  const different = differing(points, clusters);
  if (different < clusters) {
    throw new MillraceError('bad_input', `${rows} rows, of which ${different} differ, make no ${clusters} clusters`, { where: 'clusters', todo: 'Ask for fewer clusters, or learn from rows that differ.' });
  }
  let best: { centres: number[][]; inertia: number } | undefined;
  for (let start = 0; start < starts; start += 1) {
    const { centroids } = kmeans(points, clusters, { initialization: 'kmeans++', maxIterations: iterations, seed: hash32(seed, start, 5) });
    const inertia = points.reduce((sum, point) => sum + nearest(point, centroids).distance, 0);
    if (best === undefined || inertia < best.inertia) best = { centres: centroids, inertia };
  }
  const centres = best!.centres.toSorted((a, b) => a[order]! - b[order]!);
  return { model: { ...standardisation, centres, inertia: best!.inertia }, assigned: Int32Array.from(points, (point) => nearest(point, centres).cluster) };
}

/** How many different points there are, counted up to `enough`. */
function differing(points: readonly (readonly number[])[], enough: number): number {
  const found = new Set<string>();
  for (const point of points) if (found.add(point.join(' ')).size >= enough) break;
  return found.size;
}
