// A predictor as it is declared, in types: what is asked, of whom, from what, by which algorithm, how rows are split, and when a version is good enough.
import type { AnomalySettings } from '../anomalies/robust.ts';
import type { SegmentSettings } from '../clusters/segments.ts';
import type { RecommenderSettings } from '../recommend/recommender.ts';
import type { DemandSettings } from '../smoothing/demand.ts';
import type { SearchSpace } from '../tuning/space.ts';
import type { BoostingSettings } from '../trees/boosting-settings.ts';
import type { ForestSettings } from '../trees/train.ts';

/** What learns. Each belongs to a kind of `kinds/catalogue.ts`: the two of trees to one, the others to one of their own. */
export type Algorithm =
  | { kind: 'gradient_boosting'; settings: BoostingSettings }
  | { kind: 'random_forest'; settings: ForestSettings }
  | { kind: 'k_means'; settings: SegmentSettings }
  | { kind: 'exponential_smoothing'; settings: DemandSettings }
  | { kind: 'recommender'; settings: RecommenderSettings }
  | { kind: 'robust_residual'; settings: AnomalySettings };

/** What a gate may ask for, and which way is better. */
export const METRICS = Object.freeze({
  auc: 'higher', log_loss: 'lower', brier: 'lower', rmse: 'lower', mae: 'lower', r2: 'higher', pinball: 'lower', inertia: 'lower', silhouette: 'higher', recall_at_10: 'higher', ndcg_at_10: 'higher',
} as const);

export type Metric = keyof typeof METRICS;

export interface SplitDeclaration {
  /** The last so much of the rows' time tests, what is before it validates: `14d`. */
  validate: string;
  test: string;
  /** Left out before each cut, since a label looks ahead: the horizon. */
  gap: string;
}

export interface Gate {
  /** A version must beat the naive baseline by it, which is measured on the same rows as `baseline_<metric>`. */
  metric: Metric;
  /** How much worse than the champion a version may be on the test rows. */
  notWorseThanChampion: number;
  /** Least number of what is tested on: rows of trees (default 100 for a probability, 50 for a value), rows grouped (ten a segment), periods in which an item sold (50), visits (100), planted anomalies (10). */
  leastRows?: number;
  /** Of those of a probability, least number with the label, and of those without it; default 20. */
  leastPositives?: number;
  /** Greatest expected calibration error, for probabilities. */
  calibrationError?: number;
  /** Most milliseconds that scoring one row may take, the median of many; default 5. */
  latencyMs?: number;
  /** Parts of the test rows by columns of the training set, features or not: in none of them may a version be much worse than the champion. */
  slices?: SliceDeclaration;
}

export interface SliceDeclaration {
  /** Columns whose every value is a part: `customer_state`. */
  by: readonly string[];
  /** Smaller parts say nothing; default 200. */
  leastRows?: number;
  /** How much worse than the champion in one part; default ten times `notWorseThanChampion`. */
  notWorseThanChampion?: number;
}

export interface Predictor {
  name: string;
  question: string;
  owner: string;
  /** Columns of the training set that say who a row is about; a request gives them. */
  entities: readonly string[];
  /** `view.feature` for a feature of the stream, else a column of the training set. Kinds that learn from who, when and what came alone have none. */
  features: readonly string[];
  /** The column of the training set that is to be foretold; NULL while it is not known yet. Segments have none. */
  label?: string;
  output: 'probability' | 'value';
  algorithm: Algorithm;
  split: SplitDeclaration;
  gate: Gate;
  /** Table of the batch predictions. */
  writes: string;
  /** Columns of sources whose times are known before they come, as `order_items.shipping_limit_date` is: the look for leaks leaves them. */
  knownAhead?: readonly string[];
  /** Of trees: where `--tune` looks; default: a space of the algorithm's own. */
  tune?: SearchSpace;
  /** Rows without the label weigh as much as those with it, together: `balanced`. The probabilities are then of a shop where both are equally frequent. */
  classWeights?: 'balanced';
  /** Of trees: learns from this share of the rows whose label is 0, seeded; those left weigh more, so that probabilities stay what they are. */
  negatives?: { share: number; seed?: number };
  /** Where there are more rows than `most`: a seeded part of the first entity's values, each with all of its rows. Half a year of a busy shop's views is more than is needed. */
  sample?: { most: number; seed?: number };
  /** Of trees: the naive answer that a version must beat is this feature alone. Default: the base rate, or the mean, of the training rows. */
  baseline?: string;
}

/** As a file of `predictors/` writes it: the name goes first, and what is left out is usual. */
export type Declared = Omit<Predictor, 'name' | 'writes' | 'output'> & Partial<Pick<Predictor, 'writes' | 'output'>>;

/** Whether it learns trees, which answer each row by its features alone. */
export function isOfTrees({ kind }: Algorithm): boolean {
  return kind === 'gradient_boosting' || kind === 'random_forest';
}

/** A predictor is what has a question and an algorithm. */
export function isPredictor(value: unknown): value is Predictor {
  return typeof value === 'object' && value !== null && 'question' in value && 'algorithm' in value && 'entities' in value;
}
