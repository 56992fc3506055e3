// Segments as a kind of predictor: k-means on standardised features, measured on a later moment beside no segments at all and segments drawn by lot.
import { MillraceError } from '../../base/index.ts';
import { assignClusters } from '../clusters/assign.ts';
import { trainClusters, type ClusterSettings } from '../clusters/k-means.ts';
import { segmentQuality, type SegmentModel } from '../clusters/segments.ts';
import type { FeatureColumn } from '../training-set.ts';
import { decimal, newestOf, type Dataset } from '../predictor/dataset.ts';
import type { Algorithm, Predictor } from '../predictor/types.ts';
import type { Batch, Kind } from './kind.ts';
import { laterWindow } from './later-window.ts';

const TAG = 'k_means';

export const kMeansKind: Kind<Extract<Algorithm, { kind: 'k_means' }>, SegmentModel> = {
  async train(predictor, { settings }, data) {
    const parts = laterWindow(predictor, data, Uint32Array.from(data.times.keys()));
    const rows = parts.before;
    const { model: clusters } = trainClusters(columnsOf(predictor, data, rows), settings);
    const model = { ...clusters, names: clusters.centres.map((_, index) => settings.names?.[index] ?? `segment ${index + 1}`) };
    const measured = kMeansKind.measure(predictor, model, data, parts.test);
    return {
      model, baseline: 'one segment for all, and segments drawn by lot', importance: [], reliability: [], baseRate: 0, testRows: parts.test,
      metrics: { ...measured.metrics, least_inertia: leastInertia(columnsOf(predictor, data, parts.test), settings) }, rows: { train: rows.length, validate: 0, test: parts.test.length },
    };
  },

  measure(predictor, model, data, testRows) {
    const columns = columnsOf(predictor, data, testRows);
    const { inertia, baselineInertia, silhouette, baselineSilhouette } = segmentQuality(model, columns, assignClusters(model, columns));
    return { metrics: { silhouette, baseline_silhouette: baselineSilhouette, inertia, baseline_inertia: baselineInertia }, reliability: [] };
  },

  batch(predictor, model, data): Batch {
    const rows = newestOf(data, Uint32Array.from(data.times.keys()));
    const assigned = assignClusters(model, columnsOf(predictor, data, rows));
    return {
      columns: [
        ...predictor.features.map((name) => ({ name, type: 'double' as const, doc: 'What the segment was found from.' })),
        { name: 'ml_segment', type: 'long', doc: `Number of the segment, from 0, by ascending mean ${orderOf(predictor)}.` },
        { name: 'segment_name', type: 'string', doc: 'Its name.' },
      ],
      rows: [...rows].map((row, index) => ({
        entity: data.entities[row]!,
        values: [...data.columns.map((values) => (Number.isNaN(values[row]!) ? null : decimal(values[row]!))), assigned[index]!, model.names[assigned[index]!]!],
      })),
    };
  },
};

/** What segments learned from the test rows themselves would reach there; NaN where these make none. */
function leastInertia(columns: readonly FeatureColumn[], settings: ClusterSettings): number {
  try {
    return trainClusters(columns, settings).model.inertia / columns[0]!.values.length;
  } catch (thrown) {
    if (thrown instanceof MillraceError) return Number.NaN;
    throw thrown;
  }
}

function columnsOf({ features }: Predictor, { columns }: Dataset, rows: Uint32Array): FeatureColumn[] {
  return features.map((name, index) => ({ name, values: Float32Array.from(rows, (row) => columns[index]![row]!) }));
}

function orderOf({ algorithm, features }: Predictor): string {
  return (algorithm.kind === TAG ? algorithm.settings.orderBy : undefined) ?? features[0]!;
}
