// Who gets what: decided by hashes alone, so that every process and every day decides alike, and nothing has to be looked up.
import { createHash } from 'node:crypto';
import type { Assignment, Experiment, Variant } from './types.ts';

const TWO_TO_53 = 2 ** 53;

/**
 * A number in [0, 1) for a unit: the first 53 bits of SHA-256 of `<salt>:<unit>`. In SQL:
 * `bitwise_right_shift(from_big_endian_64(substr(sha256(to_utf8(salt || ':' || unit)), 1, 8)), 11) / 9007199254740992e0`.
 */
export function bucketOf(salt: string, unit: string): number {
  const digest = createHash('sha256').update(`${salt}:${unit}`, 'utf8').digest();
  return Number(digest.readBigUInt64BE(0) >> 11n) / TWO_TO_53;
}

/**
 * Assigns a unit. Layer, ramp and variant are three independent draws: the layer's decides which of its experiments may have the unit, the ramp's
 * whether it takes part yet (a higher ramp only adds units), the variant's which treatment it gets, whatever the ramp.
 */
export function assign(experiment: Experiment, unit: string, attributes: Readonly<Record<string, string | undefined>> = {}): Assignment {
  const { name, layer, slots, ramp, salt, targeting } = experiment;
  const none = (reason: 'not_targeted' | 'other_slot' | 'not_ramped'): Assignment => ({ assigned: false, experiment: name, reason });
  for (const [attribute, accepted] of Object.entries(targeting)) {
    const value = attributes[attribute];
    if (value === undefined || !accepted.includes(value)) return none('not_targeted');
  }
  const slot = bucketOf(`layer:${layer}`, unit);
  if (slot < slots[0] || slot >= slots[1]) return none('other_slot');
  if (bucketOf(`ramp:${salt}`, unit) >= ramp) return none('not_ramped');
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
