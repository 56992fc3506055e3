// Who is exposed to what: the first experiment on a subject that the unit is in, and that takes effect.
import { assign } from './assign.ts';
import type { Experiment, Variant } from './types.ts';

/** Attributes of a request that are logged, so that a report can be read by segment. Nothing else of them is kept. */
const SEGMENT_ATTRIBUTES = ['device', 'country', 'channel', 'customer_type'] as const;

export type Segments = { [Attribute in (typeof SEGMENT_ATTRIBUTES)[number]]?: string };

/** As they are logged: those that the request names. */
export function segmentsOf(attributes: Readonly<Record<string, string>> | undefined): Segments {
  if (attributes === undefined) return NO_SEGMENTS;
  return Object.fromEntries(SEGMENT_ATTRIBUTES.flatMap((name) => (attributes[name] === undefined ? [] : [[name, attributes[name]]])));
}

const NO_SEGMENTS: Segments = Object.freeze({});

export type Subject = 'price' | 'shipping' | `predict:${string}`;

/** What an answer was decided by; it is logged with it. */
interface Exposure { experiment: string; variant: Variant; unit: string }

/**
 * An experiment with a variant that cannot take effect now, since its model or policy is not there, is passed over for everyone: were only that
 * variant's units left out, or given something else, the variants would not be alike any more.
 * @param unitOf who is asked about, for an experiment on visitors, on customers, …
 */
export function exposureOf(
  experiments: readonly (Experiment & { subject: string })[], subject: Subject, unitOf: (experiment: Experiment) => string | undefined,
  attributes: Readonly<Record<string, string>> | undefined, takesEffect: (variant: Variant) => boolean,
): Exposure | undefined {
  for (const experiment of experiments) {
    if (experiment.subject !== subject) continue;
    const unit = unitOf(experiment);
    if (unit === undefined || !experiment.variants.every(takesEffect)) continue;
    const assignment = assign(experiment, unit, attributes);
    if (assignment.assigned) return { experiment: experiment.name, variant: assignment.variant, unit };
  }
  return undefined;
}
