// The day on which a parcel will be there, at a stated confidence.

/** How much later than the carrier's transit days parcels of a route arrived, in days; negative is early. Ascending. */
export type Lateness = readonly number[];

/**
 * Days to add to the transit days so that a share `confidence` of parcels arrives in time: the conformal quantile, the ⌈(n + 1) · confidence⌉-th smallest of n
 * residuals (Vovk et al. 2005), which holds for any distribution. undefined where there are too few to say.
 */
export function daysOfGrace(lateness: Lateness, confidence: number): number | undefined {
  const rank = Math.ceil((lateness.length + 1) * confidence);
  return rank > lateness.length ? undefined : Math.ceil(lateness[rank - 1]!);
}

/** The day so many days after another, both as 2018-10-18. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
