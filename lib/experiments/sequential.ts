// Differences with a confidence that holds however often one looks.
import { tunedProduct } from './power.ts';
import type { Metric, Moments } from './types.ts';

export interface Difference {
  /** Mean of the treatment less that of the control, per unit. */
  absolute: number;
  interval: readonly [number, number];
  /** Relative to the control's mean; NaN where that is 0. */
  relative: number;
  relativeInterval: readonly [number, number];
  /** Smallest alpha at which the interval leaves 0 out: holds at any time, so it may be looked at daily. */
  pValue: number;
  /** Share of the variance that CUPED took out, 0 to 1. */
  varianceRemoved: number;
}

/** Fewer units than this in a variant, and nothing is said: the sequence holds asymptotically. */
export const MINIMUM_UNITS = 100;

/**
 * Compares a treatment with the control by the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2021,
 * "Time-uniform central limit theory and asymptotic confidence sequences", theorem 2.2), adjusted by what each unit did before (CUPED: Deng et al. 2013).
 * Ratios are compared by the delta method instead (Deng et al. 2018), without what was before.
 * @param plannedUnits units of both variants together at which the interval shall be narrowest
 * @returns undefined below `MINIMUM_UNITS` in either variant, or where nothing varies yet
 */
export function compare(control: Moments, treatment: Moments, { alpha, plannedUnits, kind = 'mean' }: { alpha: number; plannedUnits: number; kind?: Metric['kind'] }): Difference | undefined {
  if (Math.min(control.units, treatment.units) < MINIMUM_UNITS) return undefined;
  // Of a ratio it is the divisor that has to be large enough for the normal distribution to hold.
  if (kind === 'ratio' && Math.min(control.x, treatment.x) < MINIMUM_UNITS) return undefined;
  const theta = cupedCoefficient(control, treatment);
  const xMean = (control.x + treatment.x) / (control.units + treatment.units);
  const [base, other] = kind === 'ratio' ? [ratio(control), ratio(treatment)] : [adjusted(control, theta, xMean), adjusted(treatment, theta, xMean)];
  const variance = base.variance / control.units + other.variance / treatment.units;
  if (!(variance > 0)) return undefined;
  const plain = kind === 'ratio' ? variance : adjusted(control, 0, 0).variance / control.units + adjusted(treatment, 0, 0).variance / treatment.units;
  const units = control.units + treatment.units;
  const v = (units * tunedProduct(alpha)) / plannedUnits; // nρ², ρ² chosen for the planned size
  const width = Math.sqrt((1 + 1 / v) * (Math.log(v + 1) - 2 * Math.log(alpha)));
  const error = Math.sqrt(variance);
  const absolute = other.mean - base.mean;
  const relative = base.mean === 0 ? Number.NaN : absolute / base.mean;
  // The ratio's error by the delta method: both means vary.
  const relativeError = Math.sqrt(other.variance / treatment.units + (other.mean / base.mean) ** 2 * (base.variance / control.units)) / Math.abs(base.mean);
  return {
    absolute, interval: [absolute - width * error, absolute + width * error],
    relative, relativeInterval: [relative - width * relativeError, relative + width * relativeError],
    pValue: Math.min(1, Math.sqrt(v + 1) * Math.exp((-((absolute / error) ** 2) * v) / (2 * (v + 1)))),
    varianceRemoved: plain > 0 ? Math.max(0, 1 - variance / plain) : 0,
  };
}

/** θ = cov(x, y) / var(x), within the variants: a difference between them must not leak into it. */
function cupedCoefficient(...variants: readonly Moments[]): number {
  const covariance = variants.reduce((sum, { units, x, y, xy }) => sum + xy - (x * y) / units, 0);
  const variance = variants.reduce((sum, { units, x, xx }) => sum + xx - (x * x) / units, 0);
  return variance > 0 ? covariance / variance : 0;
}

/** Mean and sample variance of y − θ (x − x̄). */
function adjusted({ units, y, yy, x, xx, xy }: Moments, theta: number, xMean: number): { mean: number; variance: number } {
  const squares = yy - (y * y) / units - 2 * theta * (xy - (x * y) / units) + theta * theta * (xx - (x * x) / units);
  return { mean: y / units - theta * (x / units - xMean), variance: Math.max(0, squares) / (units - 1) };
}

/** Σy / Σx, and the variance of one unit's part in its error: that of (y − R x) / x̄. */
function ratio({ units, y, yy, x, xx, xy }: Moments): { mean: number; variance: number } {
  const mean = y / x;
  const squares = yy - (y * y) / units - 2 * mean * (xy - (x * y) / units) + mean * mean * (xx - (x * x) / units);
  return { mean, variance: Math.max(0, squares) / (units - 1) / (x / units) ** 2 };
}
