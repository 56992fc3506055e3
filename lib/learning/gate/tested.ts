// How much a version was tested on: what its kind counts, how many there were, and how many there must be before a figure says anything.
import type { Dataset } from '../predictor/dataset.ts';
import type { Gate } from '../predictor/types.ts';
import type { TrainedVersion } from '../predictor/train.ts';

export interface TestCount {
  /** `test rows`, `visits to test on`, … */
  what: string;
  count: number;
  least: number;
}

/** Rows of trees that foretell a probability, and of those that foretell a value: of fewer, a metric is off by a tenth by chance alone. */
const LEAST_ROWS = { probability: 100, value: 50 };
/** With the label, and as many without it: of two dozen of the rarer ones, a metric of ranks has its say. */
const LEAST_POSITIVES = 20;
/** Customers (or whatever is grouped), for each segment. */
const LEAST_A_SEGMENT = 10;
/** Periods in which an item sold. */
const LEAST_SALES = 50;
const LEAST_VISITS = 100;
const LEAST_PLANTED = 10;

/** What a version was tested on, beside the least that its gate asks for: `leastRows` and `leastPositives` where declared, else a default of its kind. */
export function testedOn({ leastRows, leastPositives = LEAST_POSITIVES }: Gate, output: 'probability' | 'value', { model: fitted, metrics, testRows }: Pick<TrainedVersion, 'model' | 'metrics' | 'testRows'>, { labels }: Pick<Dataset, 'labels'>): TestCount[] {
  const counted = (what: string, count: number, usual: number): TestCount => ({ what, count, least: leastRows ?? usual });
  switch (fitted.kind) {
    case 'trees': {
      const rows = counted('test rows', testRows.length, LEAST_ROWS[output]);
      if (output !== 'probability') return [rows];
      const positives = testRows.reduce((sum, row) => sum + (labels[row] === 1 ? 1 : 0), 0);
      return [rows, { what: 'test rows with the label', count: positives, least: leastPositives }, { what: 'test rows without the label', count: testRows.length - positives, least: leastPositives }];
    }
    case 'k_means': return [counted('test rows', testRows.length, LEAST_A_SEGMENT * fitted.model.centres.length)];
    case 'exponential_smoothing': return [counted('test periods in which an item sold', testRows.reduce((sum, row) => sum + (labels[row]! > 0 ? 1 : 0), 0), LEAST_SALES)];
    case 'recommender': return [counted('visits to test on', metrics['visits'] ?? 0, LEAST_VISITS)];
    case 'robust_residual': return [counted('anomalies planted to test on', metrics['planted'] ?? 0, LEAST_PLANTED)];
  }
}
