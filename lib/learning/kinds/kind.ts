// A kind of predictor: how it learns, how it is measured beside a naive baseline, and what it answers for everybody.
import type { ReliabilityBin } from '../metrics/classification.ts';
import type { Dataset } from '../predictor/dataset.ts';
import type { Predictor } from '../predictor/types.ts';
import type { TreeModel } from '../tree-model.ts';

export interface TrainOptions {
  signal?: AbortSignal;
  onProgress?: (done: number, of: number) => void;
  /** Gradient boosting only: trees that somebody else grew from the rows of `boostingRows`. They are measured as if they had grown here. */
  grown?: TreeModel;
}

export interface Measured {
  /** With the naive baseline's beside its own, on the same rows: `auc`, `baseline_auc`. */
  metrics: Record<string, number>;
  reliability: ReliabilityBin[];
}

export interface Trained<Model> extends Measured {
  model: Model;
  /** What the naive baseline is: `the mean of the training rows`. */
  baseline: string;
  /** How much the model loses when a feature's values are shuffled, by feature, most first. */
  importance: { feature: string; loss: number }[];
  rows: { train: number; validate: number; test: number };
  /** Mean of the label over the training rows: what is answered when features cannot be read. */
  baseRate: number;
  /** The rows that it was measured on, later than all that was learned from. */
  testRows: Uint32Array;
}

export interface BatchColumn {
  name: string;
  type: 'string' | 'double' | 'long' | 'boolean' | 'date';
  doc: string;
}

/** Answers for everybody: the columns beside the entities', and a row each. */
export interface Batch {
  columns: readonly BatchColumn[];
  rows: { entity: readonly string[]; values: readonly (string | number | boolean | null)[] }[];
}

/**
 * To add one: a file here with an object of this type and one in `files/` that keeps its model, a line each in `catalogue.ts` and `model-file.ts`, and its settings
 * among the algorithms of `predictor/types.ts` and `declare.ts`, its settings to `check-declaration.ts`. Nothing else needs to know of it.
 */
export interface Kind<Settings, Model> {
  /** Learns from the rows before the test window, and measures on that window. @throws `bad_input` where there are too few rows. */
  train(predictor: Predictor, settings: Settings, data: Dataset, options: TrainOptions): Promise<Trained<Model>>;
  /** A model, this one or the champion, on rows of the test window; what lies before them may be read too. */
  measure(predictor: Predictor, model: Model, data: Dataset, testRows: Uint32Array): Measured;
  batch(predictor: Predictor, model: Model, data: Dataset): Batch;
}
