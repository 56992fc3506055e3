// A predictor as it is declared: one file says what is asked, from what, by which algorithm, and when a version is good enough.
import type { AnomalySettings } from '../anomalies/robust.ts';
import type { SegmentSettings } from '../clusters/segments.ts';
import type { RecommenderSettings } from '../recommend/recommender.ts';
import type { DemandSettings } from '../smoothing/demand.ts';
import type { BoostingSettings } from '../trees/boosting-settings.ts';
import type { ForestSettings } from '../trees/train.ts';
import { checkDeclaration } from './check-declaration.ts';
import type { Algorithm, Declared, Predictor, SplitDeclaration } from './types.ts';

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
export function predictor(name: string, declared: Declared): Predictor {
  checkDeclaration(name, declared);
  return Object.freeze({ output: 'probability' as const, writes: `gold.${name}_predictions`, ...declared, name });
}
