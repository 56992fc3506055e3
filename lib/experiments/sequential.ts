// Differences with a confidence that holds however often one looks.
import { tunedProduct } from './power.ts';
import type { Metric, Moments } from './types.ts';

export interface Difference {
  /** Mean of the treatment less that of the control, per unit. */
  absolute: number;
  interval: readonly [number, number];
  /** Relative to the control's mean; NaN where that is 0. */
  relative: number;
  /** Leaves 0 out where `interval` does. Infinite where too little is known of the control's mean to say how much it is relative to it. */
  relativeInterval: readonly [number, number];
  /** Smallest alpha at which the interval leaves 0 out: holds at any time, so it may be looked at daily. */
  pValue: number;
  /** Share of the variance that CUPED took out, 0 to 1. */
  varianceRemoved: number;
}

/** Fewer units than this in a variant, and nothing is said: the sequence holds asymptotically. */
export const MINIMUM_UNITS = 100;

/** Of a mean: nothing is said of a variant before it stands on so many equal occasions. */
export const MINIMUM_OCCASIONS = 10;

/** Who has none, and would have had so many times `MINIMUM_OCCASIONS` at the other variant's rate, is not waited for: they do not come. */
const EXPECTED_TIMES = 10;

/**
 * Compares a treatment with the control by the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2021,
 * "Time-uniform central limit theory and asymptotic confidence sequences", theorem 2.2), adjusted by what each unit did before (CUPED: Deng et al. 2013).
 * Ratios are compared by the delta method instead (Deng et al. 2018), without what was before.
 *
 * The variance of the difference is the greater one of the two that the variants' own and their common variance give. They are the same for equal shares; of unequal
 * ones the small variant knows its own badly, and too low just when its mean is low by chance: by it alone up to half of all experiments on rare
 * purchases with a share of one in fifty raise a false alarm. For the same reason the variance of a variant whose mean is below that of both together is taken as it would be at
 * that mean: the variance of rare purchases, rare dear ones above all, rises with how many there are. And a mean is not compared before each variant has had its
 * purchases: of something that sells twenty times more rarely and dearer, a third to a half of all experiments would raise a false alarm for not having sold yet.
 *
 * @param plannedUnits units of both variants together at which the interval shall be narrowest
 * @returns undefined below `MINIMUM_UNITS` or, of a mean, `MINIMUM_OCCASIONS` in either variant, or where nothing varies yet
 */
export function compare(control: Moments, treatment: Moments, { alpha, plannedUnits, kind = 'mean' }: { alpha: number; plannedUnits: number; kind?: Metric['kind'] }): Difference | undefined {
  if (Math.min(control.units, treatment.units) < MINIMUM_UNITS) return undefined;
  // Of a ratio it is the divisor that has to be large enough for the normal distribution to hold.
  if (kind === 'ratio' && Math.min(control.x, treatment.x) < MINIMUM_UNITS) return undefined;
  if (kind === 'mean' && !(isKnown(control, treatment) && isKnown(treatment, control))) return undefined;
  const theta = cupedCoefficient(control, treatment);
  const both = together(control, treatment);
  const read = (moments: Moments): Estimate => (kind === 'ratio' ? ratio(moments) : atCommonMean(adjusted(moments, theta, both.x / both.units), moments, both));
  const [base, other] = [read(control), read(treatment)];
  const own = base.variance / control.units + other.variance / treatment.units;
  const variance = Math.max(own, kind === 'ratio' ? commonOfRatio(control, treatment, both) : adjusted(both, theta, 0).variance * (1 / control.units + 1 / treatment.units));
  if (!(variance > 0)) return undefined;
  const unadjusted = (moments: Moments): number => atCommonMean(adjusted(moments, 0, 0), moments, both).variance / moments.units;
  const plain = kind === 'ratio' ? own : unadjusted(control) + unadjusted(treatment);
  const v = (both.units * tunedProduct(alpha)) / plannedUnits; // nρ², ρ² chosen for the planned size
  const width = Math.sqrt((1 + 1 / v) * (Math.log(v + 1) - 2 * Math.log(alpha)));
  const error = Math.sqrt(variance);
  const absolute = other.mean - base.mean;
  // Where neither varies by itself, all of one and none of the other, each has its part of what is common.
  const squares = (variant: Estimate, units: number): number => (width * width * variance * (own > 0 ? variant.variance / own : 1 / (1 / control.units + 1 / treatment.units))) / units;
  return {
    absolute, interval: [absolute - width * error, absolute + width * error],
    relative: base.mean === 0 ? Number.NaN : absolute / Math.abs(base.mean),
    relativeInterval: relativeTo(base.mean, squares(base, control.units), other.mean, squares(other, treatment.units)),
    pValue: Math.min(1, Math.sqrt(v + 1) * Math.exp((-((absolute / error) ** 2) * v) / (2 * (v + 1)))),
    varianceRemoved: plain > 0 ? Math.max(0, 1 - own / plain) : 0,
  };
}

/** Whether a mean stands on enough: as many purchases of one size would tell as much as (Σy)² / Σy² (Kish 1965). Of sums below nothing no such number can be told. */
function isKnown(one: Moments, other: Moments): boolean {
  if (one.y < 0 || other.y < 0) return true;
  return Math.max(occasions(one), (one.units * occasions(other)) / other.units / EXPECTED_TIMES) >= MINIMUM_OCCASIONS;
}

function occasions({ y, yy }: Moments): number {
  return yy > 0 ? (y * y) / yy : 0;
}

/** A variance that is proportional to the mean, as that of rare purchases is, where the mean is below the common one: as it is at that. */
function atCommonMean(estimate: Estimate, { y, units }: Moments, both: Moments): Estimate {
  const rise = y > 0 ? both.y / both.units / (y / units) : 1;
  return rise > 1 ? { ...estimate, variance: estimate.variance * rise } : estimate;
}

/** Mean, and the variance of one unit's part in it. */
interface Estimate { mean: number; variance: number }

function together(control: Moments, treatment: Moments): Moments {
  const sum = (name: keyof Moments): number => control[name] + treatment[name];
  return { units: sum('units'), y: sum('y'), yy: sum('yy'), x: sum('x'), xx: sum('xx'), xy: sum('xy') };
}

/**
 * Fieller's interval (1954) of other / base − 1: every r that the two means cannot tell from the truth, (other − (1 + r) base)² ≤ squares. Unlike the delta method's it holds
 * where little is known of the base yet, and leaves 0 out exactly where the difference's interval does.
 * @param baseSquare square of the half width of the base's mean; likewise otherSquare
 */
function relativeTo(base: number, baseSquare: number, other: number, otherSquare: number): readonly [number, number] {
  const [a, b, c] = [base * base - baseSquare, base * other, other * other - otherSquare];
  const root = Math.sqrt(Math.max(0, b * b - a * c));
  if (a > 0) {
    const ends = [(b - root) / a - 1, (b + root) / a - 1] as const;
    return base > 0 ? ends : [-ends[1], -ends[0]];
  }
  // The base may be nothing at all. Of what is never negative the least is known as soon as the other is surely above nothing.
  return a < 0 && c > 0 && base >= 0 && other > 0 ? [(b - root) / a - 1, Number.POSITIVE_INFINITY] : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
}

/** θ = cov(x, y) / var(x), within the variants: a difference between them must not leak into it. */
function cupedCoefficient(...variants: readonly Moments[]): number {
  const covariance = variants.reduce((sum, { units, x, y, xy }) => sum + xy - (x * y) / units, 0);
  const variance = variants.reduce((sum, { units, x, xx }) => sum + xx - (x * x) / units, 0);
  return variance > 0 ? covariance / variance : 0;
}

/** Mean and sample variance of y − θ (x − x̄). */
function adjusted({ units, y, yy, x, xx, xy }: Moments, theta: number, xMean: number): Estimate {
  const squares = yy - (y * y) / units - 2 * theta * (xy - (x * y) / units) + theta * theta * (xx - (x * x) / units);
  return { mean: y / units - theta * (x / units - xMean), variance: Math.max(0, squares) / (units - 1) };
}

/** Σy / Σx, and the variance of (y − R x) / x̄. */
function ratio(moments: Moments): Estimate {
  const mean = moments.y / moments.x;
  return { mean, variance: adjusted(moments, mean, 0).variance / (moments.x / moments.units) ** 2 };
}

/** Of the difference of two ratios, if y − R x varied alike in both variants. */
function commonOfRatio(control: Moments, treatment: Moments, both: Moments): number {
  const { variance } = adjusted(both, both.y / both.x, 0);
  return [control, treatment].reduce((sum, { units, x }) => sum + variance / units / (x / units) ** 2, 0);
}
