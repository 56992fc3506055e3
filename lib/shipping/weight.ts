// What a parcel counts as: what it weighs, or what its room would weigh.
import { MillraceError } from '../base/index.ts';
import type { Parcel } from './types.ts';

/** What most carriers divide by, in cubic centimetres a kilogram. */
export const CUBIC_CM_PER_KG = 5000;

/** Length × width × height / 5000, in kilograms; undefined where a side is missing. */
export function volumetricWeightKg({ lengthCm, widthCm, heightCm }: Parcel, cubicCmPerKg = CUBIC_CM_PER_KG): number | undefined {
  return lengthCm === undefined || widthCm === undefined || heightCm === undefined ? undefined : (lengthCm * widthCm * heightCm) / cubicCmPerKg;
}

/** Less than this of a kilogram is the binary fraction's doing: 0.1 + 0.2 kg are 0.3. */
const EXACT = 1e6;

/**
 * The sum over parcels of the greater of both weights, each rounded up to whole steps of `roundUpToKg` where there is one. Throws `bad_input` for a parcel that cannot be.
 */
export function chargeableWeightKg(parcels: readonly Parcel[], cubicCmPerKg = CUBIC_CM_PER_KG, roundUpToKg = 0): number {
  if (parcels.length === 0) throw new MillraceError('bad_input', 'there is no parcel to send', { where: 'parcels', todo: 'Give at least one.' });
  return exact(parcels.reduce((sum, parcel, index) => {
    for (const [side, value] of Object.entries(parcel)) {
      if (value !== undefined && !(value >= 0 && Number.isFinite(value))) {
        throw new MillraceError('bad_input', `${side} is no size: ${String(value)}`, { where: `parcels[${index}].${side}`, todo: 'Give a number of 0 or more.' });
      }
    }
    const weight = Math.max(parcel.weightKg, volumetricWeightKg(parcel, cubicCmPerKg) ?? 0);
    return sum + (roundUpToKg > 0 ? Math.ceil(exact(weight / roundUpToKg)) * roundUpToKg : weight);
  }, 0));
}

function exact(weight: number): number {
  return Math.round(weight * EXACT) / EXACT;
}
