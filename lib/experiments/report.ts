// What an experiment shows so far, said so that it may be read every day.
import { compare, MINIMUM_OCCASIONS, MINIMUM_UNITS, type Difference } from './sequential.ts';
import { ratioMismatch } from './ratio-mismatch.ts';
import type { Experiment, Metric, Moments } from './types.ts';

/** Sums of one metric in one variant, of all units or of those of one segment. */
export interface Observed extends Moments { variant: string; metric: string; segment?: string }

interface ReportOptions {
  /** Units of all variants together that the experiment was planned for; occasions (orders, …) where its metric is a ratio. */
  plannedUnits: number;
  /** Units assigned, by variant: what the mismatch check counts, whether or not anything came of them. */
  assigned: Readonly<Record<string, number>>;
  /** Units that were seen in more than one variant; they count in their first. */
  crossed?: number;
}

type Verdict =
  | 'invalid' // the variants do not have the units they should: find out why, and start again
  | 'harmful' // a guardrail is broken
  | 'better' | 'worse'
  | 'undecided'; // go on, or stop and say that nothing was found

export interface Comparison {
  metric: string;
  role: 'primary' | 'guardrail';
  variant: string;
  segment?: string;
  controlMean: number;
  variantMean: number;
  units: readonly [number, number];
  /** undefined while there are too few units. */
  difference?: Difference;
  /** Of a guardrail: whether it is surely worse than its margin allows. */
  broken?: boolean;
}

export interface ExperimentReport {
  experiment: string;
  verdict: Readonly<Record<string, Verdict>>;
  mismatch: { pValue: number; found: boolean };
  comparisons: Comparison[];
  /** The same for each segment, for reading only: nothing is decided by them, since of many segments one will always look odd. */
  segments: Comparison[];
  notes: string[];
}

const MISMATCH_BELOW = 0.001;

/**
 * Each treatment is compared with the control at alpha / treatments, so that the chance that any of them raises a false alarm of the metric stays alpha. A guardrail has as much
 * for itself: of several, one is broken by chance more often than that.
 */
export function reportOn(experiment: Experiment, observed: readonly Observed[], { plannedUnits, assigned, crossed = 0 }: ReportOptions): ExperimentReport {
  const { variants, primary, guardrails } = experiment;
  const [control, ...treatments] = variants;
  const alpha = experiment.alpha / treatments.length;
  const planned = primary.kind === 'ratio' ? plannedUnits * unitsAnOccasion(observed.filter(({ metric, segment }) => metric === primary.name && segment === undefined)) : plannedUnits;
  const pValue = ratioMismatch(variants.map(({ name }) => assigned[name] ?? 0), variants.map(({ weight }) => weight));
  const metrics = [{ metric: primary, role: 'primary' as const }, ...guardrails.map((metric) => ({ metric, role: 'guardrail' as const }))];
  const weights = variants.reduce((sum, { weight }) => sum + weight, 0);
  // Of what was never reported there is no sum: it happened to nobody.
  const nothing = (variant: string, metric: string): Observed | undefined => (assigned[variant] === undefined ? undefined : { variant, metric, units: assigned[variant], y: 0, yy: 0, x: 0, xx: 0, xy: 0 });
  const compared = (segment?: string): Comparison[] => metrics.flatMap(({ metric, role }) => treatments.flatMap(({ name, weight }) => {
    const of = (variant: string) => observed.find((each) => each.variant === variant && each.metric === metric.name && each.segment === segment) ?? (segment === undefined ? nothing(variant, metric.name) : undefined);
    const [base, other] = [of(control!.name), of(name)];
    if (base === undefined || other === undefined) return [];
    const difference = compare(base, other, { alpha, plannedUnits: (planned * (control!.weight + weight)) / weights, kind: metric.kind });
    return [{
      metric: metric.name, role, variant: name, ...(segment === undefined ? {} : { segment }), units: [base.units, other.units] as const,
      controlMean: meanOf(metric, base), variantMean: meanOf(metric, other),
      ...(difference === undefined ? {} : { difference }),
      ...(role === 'guardrail' && difference !== undefined ? { broken: isBroken(metric, difference) } : {}),
    }];
  }));
  const comparisons = compared();
  const mismatch = { pValue, found: pValue < MISMATCH_BELOW };
  const segments = [...new Set(observed.flatMap(({ segment }) => segment ?? []))].sort();
  const units = Object.values(assigned).reduce((sum, count) => sum + count, 0);
  const seen = new Set(metrics.flatMap(({ metric }) => (observed.some((each) => each.metric === metric.name) ? [metric.outcome] : [])));
  const unseen = metrics.filter(({ metric }) => units > 0 && !seen.has(metric.outcome));
  return {
    experiment: experiment.name,
    verdict: Object.fromEntries(treatments.map(({ name }) => [name, verdictOf(primary, comparisons.filter(({ variant }) => variant === name), mismatch.found)])),
    mismatch, comparisons, segments: segments.flatMap(compared),
    notes: [
      ...(mismatch.found ? ['The variants do not have the units they should. The figures mean nothing until that is explained: look for lost exposures, robots, redirects.'] : []),
      ...(crossed > 0 ? [`${crossed} units were seen in more than one variant, and count in their first: whoever sends \`unit\` must send the same for the same person.`] : []),
      ...unseen.map(({ metric, role }) => `No ${metric.outcome} was ever reported${role === 'guardrail' ? `: the guardrail ${metric.name} watches nothing` : ', and without it nothing can be found'}. Send it to /v1/outcomes.`),
      ...(comparisons.some(({ metric, difference }) => difference === undefined && !unseen.some((one) => one.metric.name === metric)) ? [`Nothing is said of a variant with fewer than ${MINIMUM_UNITS} units, of a ratio with fewer than ${MINIMUM_UNITS} occasions, of a mean that stands on fewer than ${MINIMUM_OCCASIONS} occasions of one size, or of a metric that has not varied yet.`] : []),
    ],
  };
}

/** A ratio is planned in occasions; the interval is to be narrowest once so many have come. */
function unitsAnOccasion(ofRatio: readonly Observed[]): number {
  const units = ofRatio.reduce((sum, each) => sum + each.units, 0);
  const occasions = ofRatio.reduce((sum, { x }) => sum + x, 0);
  return occasions > 0 ? units / occasions : 1;
}

/** NaN of a ratio to nothing. */
function meanOf({ kind }: Metric, { y, x, units }: Observed): number {
  return kind === 'ratio' ? y / x : y / units;
}

function isBroken({ higherIsBetter, margin = 0 }: Metric, { relativeInterval: [low, high] }: Difference): boolean {
  return higherIsBetter ? high < -margin : low > margin;
}

function verdictOf(primary: Metric, comparisons: readonly Comparison[], mismatched: boolean): Verdict {
  if (mismatched) return 'invalid';
  if (comparisons.some(({ broken }) => broken === true)) return 'harmful';
  const interval = comparisons.find(({ role }) => role === 'primary')?.difference?.interval;
  if (interval === undefined || (interval[0] <= 0 && interval[1] >= 0)) return 'undecided';
  return interval[0] > 0 === primary.higherIsBetter ? 'better' : 'worse';
}
