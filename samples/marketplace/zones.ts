// Delivery zones: which postcodes belong to which, how far they are from each other, what a parcel costs.
import { MARKETPLACE_CAUSES } from '../causes.ts';
import type { Catalogue } from './catalogue.ts';

export const ZONES = ['sp_capital', 'sp_interior', 'southeast', 'south', 'midwest', 'northeast', 'north'] as const;

/** Postcode prefixes of every zone; of several that fit, the longest counts. */
export const ZONE_PREFIXES: readonly (readonly string[])[] = [
  ['0'],
  ['1'],
  ['2', '3'],
  ['8', '9'],
  ['70', '71', '72', '73', '74', '75', '76', '78', '79'],
  ['4', '5', '60', '61', '62', '63', '64', '65'],
  ['66', '67', '68', '69', '768', '769', '77'],
];

/** Hops between zones. */
export const HOPS: readonly (readonly number[])[] = [
  [0, 1, 2, 2, 3, 4, 5],
  [1, 1, 2, 2, 3, 4, 5],
  [2, 2, 1, 3, 3, 3, 5],
  [2, 2, 3, 1, 3, 5, 6],
  [3, 3, 3, 3, 1, 4, 4],
  [4, 4, 3, 5, 4, 2, 4],
  [5, 5, 5, 6, 4, 4, 3],
];

/** Index of the zone of a postcode prefix; the first three digits decide. */
const zoneOfThree = Uint8Array.from({ length: 1000 }, (_, three) => {
  const digits = String(three).padStart(3, '0');
  let best = 0;
  let longest = 0;
  for (const [zone, prefixes] of ZONE_PREFIXES.entries()) {
    for (const prefix of prefixes) {
      if (digits.startsWith(prefix) && prefix.length > longest) {
        best = zone;
        longest = prefix.length;
      }
    }
  }
  return best;
});

export function zoneOf(code: number): number {
  return zoneOfThree[Math.floor(code / 100)]!;
}

/** What carriers charge for, in kilograms: weight or volume, 0.1 to 29.9. */
export function chargeableKilograms(catalogue: Catalogue, product: number): number {
  const grams = Math.max(0, catalogue.weight[product]!);
  const volume = (catalogue.length[product]! * catalogue.width[product]! * catalogue.height[product]!) / 5000;
  return Math.max(0.1, Math.min(29.9, Math.max(grams / 1000, volume)));
}

/** Standard service between two zones, in cents, before noise and distance. */
export function standardRate(hops: number, kilograms: number): number {
  const { first, zone, kilogram, kilogram_hop } = MARKETPLACE_CAUSES.freight;
  return first + zone * hops + (kilogram + kilogram_hop * hops) * kilograms;
}
