// A predictor as it is declared: one file says what is asked, from what, by which algorithm, and when a version is good enough.
import { MillraceError } from '../../base/index.ts';
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

export const gradientBoosting = (settings: BoostingSettings = {}): Algorithm => ({ kind: 'gradient_boosting', settings });
export const randomForest = (settings: Omit<ForestSettings, 'task'> & Partial<Pick<ForestSettings, 'task'>> = {}): Algorithm => ({ kind: 'random_forest', settings: { task: 'classification', ...settings } });
/** Groups of alike rows, numbered and named by ascending mean of `orderBy`. */
export const kMeans = (settings: SegmentSettings): Algorithm => ({ kind: 'k_means', settings });
/** Demand an item and period: the shop's total, smoothed with trend and season, shared out among the items. */
export const exponentialSmoothing = (settings: DemandSettings = {}): Algorithm => ({ kind: 'exponential_smoothing', settings });
/** What to show next: what one looked at, what others went on to, tastes, and what is popular. */
export const recommender = (settings: RecommenderSettings = {}): Algorithm => ({ kind: 'recommender', settings });
/** Values far from what the weekday and the weeks before lead to expect. */
export const robustResidual = (settings: AnomalySettings = {}): Algorithm => ({ kind: 'robust_residual', settings });
export const byTime = (split: SplitDeclaration): SplitDeclaration => split;

/**
 * ```ts
 * export const churn = predictor('churn', {
 *   question: 'Will this customer buy nothing for ninety days?', owner: 'growth',
 *   entities: ['customer_unique_id'], features: ['frequency', 'recency_days'], label: 'churned',
 *   algorithm: randomForest({ trees: 100, depth: 5 }), split: byTime({ validate: '60d', test: '60d', gap: '90d' }),
 *   gate: { metric: 'auc', notWorseThanChampion: 0.002 },
 * });
 * ```
 * Its training set is the SELECT beside it, `predictors/churn.sql`.
 */
export function predictor(name: string, declared: Omit<Predictor, 'name' | 'writes' | 'output'> & Partial<Pick<Predictor, 'writes' | 'output'>>): Predictor {
  const wrong = (message: string, todo: string) => new MillraceError('bad_input', message, { where: `predictor ${name}`, todo });
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) throw wrong(`'${name}' cannot be the name of a predictor`, 'Use lower-case letters, digits and _.');
  const { kind } = declared.algorithm;
  const ofTrees = isOfTrees(declared.algorithm);
  if (declared.features.length === 0 && (ofTrees || kind === 'k_means')) throw wrong('it has no features', 'Name at least one.');
  if (declared.features.length > 0 && !ofTrees && kind !== 'k_means') throw wrong(`it has features, which ${kind} does not take`, 'Leave them empty: it learns from the entities, at_time and the label.');
  if (declared.label === undefined && kind !== 'k_means') throw wrong('it has no label', 'Name the column that is to be foretold.');
  if (declared.baseline !== undefined && !(ofTrees && declared.features.includes(declared.baseline))) throw wrong(`its baseline ${declared.baseline} is not among its features`, 'Name one of them, or leave it out for the mean.');
  if (declared.negatives !== undefined && !(ofTrees && declared.negatives.share > 0 && declared.negatives.share <= 1)) throw wrong(`it takes a share of ${declared.negatives.share} of the negatives`, 'Give trees a share above 0, up to 1.');
  if (declared.sample !== undefined && !(Number.isInteger(declared.sample.most) && declared.sample.most > 0)) throw wrong(`it samples ${declared.sample.most} rows`, 'Give a whole number above 0.');
  for (const least of ['leastRows', 'leastPositives'] as const) {
    const count = declared.gate[least];
    if (count !== undefined && !(Number.isInteger(count) && count >= 1)) throw wrong(`its gate asks for ${count} ${least}`, 'Give a whole number from 1 on.');
  }
  if (declared.gate.leastPositives !== undefined && !(ofTrees && declared.output !== 'value')) throw wrong('its gate asks for leastPositives, and it answers no probability', 'Leave them out, or ask for leastRows.');
  if (declared.entities.length === 0) throw wrong('it says of nobody who a row is about', 'Name the columns of its entities.');
  const twice = declared.features.find((feature, index) => declared.features.indexOf(feature) < index);
  if (twice !== undefined) throw wrong(`the feature ${twice} is named twice`, 'Name it once.');
  if (declared.label !== undefined && declared.features.includes(declared.label)) throw wrong(`the label ${declared.label} is among the features`, 'A model that sees its answer learns nothing else.');
  return Object.freeze({ output: 'probability' as const, writes: `gold.${name}_predictions`, ...declared, name });
}

/** Whether it learns trees, which answer each row by its features alone. */
export function isOfTrees({ kind }: Algorithm): boolean {
  return kind === 'gradient_boosting' || kind === 'random_forest';
}

/** A predictor is what has a question and an algorithm. */
export function isPredictor(value: unknown): value is Predictor {
  return typeof value === 'object' && value !== null && 'question' in value && 'algorithm' in value && 'entities' in value;
}
