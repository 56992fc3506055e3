// The tables that say how models fare after training: gold.model_drift and gold.train_serve_skew.
import type { TableDefinition } from '../lake/index.ts';

const OF_A_WINDOW: TableDefinition['columns'] = [
  { name: 'predictor', type: 'string', required: true },
  { name: 'version', type: 'string', required: true, doc: 'Of the model that answered' },
  { name: 'window_start', type: 'date', required: true, doc: 'First business date of the answers' },
  { name: 'window_end', type: 'date', required: true, doc: 'The date after their last' },
];

/** One row a feature, and one for the score, of a version in a window: how far it lies from where it lay at training. */
export const MODEL_DRIFT: TableDefinition = {
  columns: [
    ...OF_A_WINDOW,
    { name: 'feature', type: 'string', required: true, doc: 'An input of the model, or score' },
    { name: 'is_score', type: 'boolean', required: true },
    { name: 'psi', type: 'double', required: true, doc: 'Population stability index against the training rows; missing values are a bin of their own' },
    { name: 'ks', type: 'double', doc: 'Kolmogorov-Smirnov distance from the training rows, of values that are there; NULL where none is' },
    { name: 'rows', type: 'long', required: true, doc: 'Answers of the model that were looked at: all, or a seeded sample' },
    { name: 'missing_share', type: 'double', required: true, doc: 'Share of them in which it was missing' },
    { name: 'missing_share_at_training', type: 'double', required: true },
    { name: 'status', type: 'string', required: true, doc: 'too_few (below 200 rows), stable (PSI below 0.1), moving (below 0.25), drifted' },
    { name: 'measured_at', type: 'timestamp', required: true, doc: 'UTC' },
  ],
  sortBy: ['predictor', 'version', 'window_end', 'feature'],
};

/** One row a feature of a version in a window: what was served beside what the lake says of the same moment. */
export const TRAIN_SERVE_SKEW: TableDefinition = {
  columns: [
    ...OF_A_WINDOW,
    { name: 'feature', type: 'string', required: true, doc: 'An input that the online store gives' },
    { name: 'view', type: 'string', required: true, doc: 'Where it is declared' },
    { name: 'compared', type: 'long', required: true, doc: 'Answers in which it was compared' },
    { name: 'equal', type: 'long', required: true },
    { name: 'differing', type: 'long', required: true },
    { name: 'explained_by_lag', type: 'long', required: true, doc: 'Of the differing: equal to what the lake says without the last events before the answer, so the store was behind' },
    { name: 'largest_difference', type: 'double', doc: 'Largest absolute difference that lag does not explain, else the largest; NULL where none differs by a number' },
    { name: 'example', type: 'string', doc: 'prediction_id of the answer with it' },
    { name: 'status', type: 'string', required: true, doc: 'equal, lagging (all explained), skewed' },
    { name: 'measured_at', type: 'timestamp', required: true, doc: 'UTC' },
  ],
  sortBy: ['predictor', 'version', 'window_end', 'feature'],
};
