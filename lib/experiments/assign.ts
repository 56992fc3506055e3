// Who gets what: decided by hashes alone, so that every process and every day decides alike, and nothing has to be looked up.
import { hash } from 'node:crypto';
import type { Assignment, Experiment, Variant } from './types.ts';

const TWO_TO_53 = 2 ** 53;

/**
 * A number in [0, 1) for a unit: the first 53 bits of SHA-256 of `<salt>:<unit>`. In SQL:
 * `bitwise_right_shift(from_big_endian_64(substr(sha256(to_utf8(salt || ':' || unit)), 1, 8)), 11) / 9007199254740992e0`.
 */
export function bucketOf(salt: string, unit: string): number {
  const text = `${salt}:${unit}`;
  let bucket = drawn.get(text);
  if (bucket === undefined) {
    const digest = hash('sha256', text, 'hex');
    bucket = (Number.parseInt(digest.slice(0, 8), 16) * 2 ** 21 + (Number.parseInt(digest.slice(8, 16), 16) >>> 11)) / TWO_TO_53;
    if (drawn.size === MOST_DRAWN) drawn.clear();
    drawn.set(text, bucket);
  }
  return bucket;
}

/** Draws of late: a visitor's requests come one soon after the other. */
const drawn = new Map<string, number>();
const MOST_DRAWN = 20_000;

/**
 * Assigns a unit. Layer, ramp and variant are three independent draws: the layer's decides which of its experiments may have the unit, the ramp's
 * whether it takes part yet (a higher ramp only adds units), the variant's which treatment it gets, whatever the ramp.
 */
export function assign(experiment: Experiment, unit: string, attributes: Readonly<Record<string, string | undefined>> = {}): Assignment {
  const { name, layer, slots, ramp, salt, targeting } = experiment;
  for (const attribute of Object.keys(targeting)) {
    const value = attributes[attribute];
    if (value === undefined || !targeting[attribute]!.includes(value)) return { assigned: false, experiment: name, reason: 'not_targeted' };
  }
  // A draw that cannot turn the unit away is not made: this is asked for every answer.
  if (slots[0] > 0 || slots[1] < 1) {
    const slot = bucketOf(`layer:${layer}`, unit);
    if (slot < slots[0] || slot >= slots[1]) return { assigned: false, experiment: name, reason: 'other_slot' };
  }
  if (ramp < 1 && bucketOf(`ramp:${salt}`, unit) >= ramp) return { assigned: false, experiment: name, reason: 'not_ramped' };
  return { assigned: true, experiment: name, variant: variantAt(experiment.variants, bucketOf(`variant:${salt}`, unit)) };
}

function variantAt(variants: readonly Variant[], bucket: number): Variant {
  const total = variants.reduce((sum, { weight }) => sum + weight, 0);
  let from = 0;
  for (const variant of variants) {
    from += variant.weight / total;
    if (bucket < from) return variant;
  }
  return variants.at(-1)!; // where rounding left the sum of the shares just below 1
}
