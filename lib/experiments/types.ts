// What an experiment is, and what its report is computed from and gives.

/** One treatment of an experiment; the first variant declared is the control. */
export interface Variant {
  name: string;
  /** Share of the units, relative to the other variants'. */
  weight: number;
  /** What the variant sets: a model's alias, a price policy, a shipping threshold. */
  settings: Readonly<Record<string, string | number | boolean>>;
}

export interface Metric {
  name: string;
  /**
   * `proportion`: whether it happened to a unit at all; `mean`: its values summed, a unit; `ratio`: its values summed over how often it happened, of all
   * units together, as the average order value.
   */
  kind: 'proportion' | 'mean' | 'ratio';
  /** The outcome that counts: `purchase`, `cart`, `abandonment`. */
  outcome: string;
  /** Outcomes later than so many hours after the first exposure do not count: one of `ATTRIBUTION_HOURS`. */
  windowHours: number;
  higherIsBetter: boolean;
  /** Of a guardrail: how much worse than the control, relative, is still accepted. */
  margin?: number;
}

export interface Experiment {
  name: string;
  hypothesis: string;
  /** What is assigned: `visitor` or `customer`. */
  unit: string;
  /** Experiments of one layer never share a unit. */
  layer: string;
  /** The part of the layer's units that this experiment may take, from 0 to 1: `[from, to)`. */
  slots: readonly [number, number];
  /** Share of those units that take part; raising it never moves a unit from one variant to another. */
  ramp: number;
  /** Changes who gets what; a new salt is a new experiment. */
  salt: string;
  variants: readonly Variant[];
  /** Only units whose attributes have one of these values. */
  targeting: Readonly<Record<string, readonly string[]>>;
  primary: Metric;
  guardrails: readonly Metric[];
  /** Chance of a false alarm of the primary metric, over all looks together. */
  alpha: number;
}

/** Where a unit is, or why it is in no variant. */
export type Assignment =
  | { assigned: true; experiment: string; variant: Variant }
  | { assigned: false; experiment: string; reason: 'not_targeted' | 'other_slot' | 'not_ramped' };

/**
 * What is known of a metric in a variant: sums over its units. `y` is the metric, `x` the same unit's value before the experiment (0 where there
 * is none), so that the report can take out what was there before (CUPED). Of a ratio `y` is what is counted and `x` what it is divided by.
 */
export interface Moments { units: number; y: number; yy: number; x: number; xx: number; xy: number }
