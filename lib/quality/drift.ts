// Drift: how far what is served has moved from what was trained on, feature by feature and for the score.
import { distanceFrom, populationStability, type ColumnBaseline, type ModelBaseline } from '../learning/index.ts';

/** PSI from which a feature moves, and from which it has drifted: the usual figures of credit scoring. */
export const DRIFT_LEVELS = Object.freeze({ moving: 0.1, drifted: 0.25 });
/** Below so many rows PSI is above 0.1 by chance alone too often: its mean over ten bins without any drift is about 9 / rows. */
export const FEWEST_ROWS = 200;

export type DriftStatus = 'too_few' | 'stable' | 'moving' | 'drifted';

export interface DriftRow {
  /** `score` for the score. */
  feature: string;
  isScore: boolean;
  psi: number;
  /** undefined where every value is missing. */
  ks?: number;
  rows: number;
  missingShare: number;
  missingShareAtTraining: number;
  status: DriftStatus;
}

/** What a model was given and what it answered. */
export interface ServedRow { features: Readonly<Record<string, number | null>>; score: number | null }

/** One row a feature that the baseline knows, then one for the score; by descending PSI within each. */
export function measureDrift(baseline: ModelBaseline, served: readonly ServedRow[]): DriftRow[] {
  if (served.length === 0) return [];
  const features = Object.entries(baseline.features).map(([name, column]) => row(name, column, Float32Array.from(served, ({ features: values }) => values[name] ?? Number.NaN), false));
  const score = row('score', baseline.score, Float32Array.from(served, (one) => one.score ?? Number.NaN), true);
  return [...features.sort((left, right) => right.psi - left.psi), score];
}

/** In single precision, as the model itself sees values: a cut between bins is one of the training's. */
function row(feature: string, baseline: ColumnBaseline, values: Float32Array, isScore: boolean): DriftRow {
  const psi = populationStability(baseline.bins, values);
  const ks = distanceFrom(baseline.steps, values);
  return {
    feature, isScore, psi, ...(Number.isNaN(ks) ? {} : { ks }), rows: values.length,
    missingShare: values.reduce((sum, value) => sum + (Number.isNaN(value) ? 1 : 0), 0) / values.length, missingShareAtTraining: baseline.bins.shares.at(-1)!,
    status: values.length < FEWEST_ROWS ? 'too_few' : psi >= DRIFT_LEVELS.drifted ? 'drifted' : psi >= DRIFT_LEVELS.moving ? 'moving' : 'stable',
  };
}
