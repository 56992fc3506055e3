// Delivery zones and what carriers ask.
import type { Landing } from '../core/landing.ts';
import { dateText, dayOf } from '../core/time.ts';
import { HOPS, standardRate, ZONE_PREFIXES, ZONES } from '../marketplace/zones.ts';

const VALID_FROM = dateText(dayOf(2016, 1, 1));
/** Upper ends of the weight brackets, in kilograms. */
const BRACKETS = [0.5, 1, 2, 5, 10, 30];
const SERVICES = [
  { carrier: 'Correio Rural', service: 'economy', share: 0.85, days: (usual: number) => usual + 3 },
  { carrier: 'Correio Rural', service: 'standard', share: 1, days: (usual: number) => usual },
  { carrier: 'Flecha', service: 'express', share: 1.6, days: (usual: number) => Math.ceil(usual / 2) },
];
/** Usual days by hops between zones. */
const TRANSIT_DAYS = [2, 3, 4, 6, 8, 11, 14];

export async function writeShippingZones(landing: Landing): Promise<{ rows: number }> {
  const file = await landing.file('shipping_zones', 'shipping_zones.csv', ['postcode_prefix', 'zone', 'state', 'is_remote']);
  let rows = 0;
  for (const [z, prefixes] of ZONE_PREFIXES.entries()) {
    for (const prefix of prefixes) {
      file.bytes.ascii(
        `"${prefix}",${ZONES[z]},${prefix === '0' || prefix === '1' ? 'SP' : ''},${ZONES[z] === 'north' ? 'true' : 'false'}`,
      );
      file.endRow();
      rows++;
    }
  }
  await file.close();
  return { rows };
}

export async function writeShippingRates(landing: Landing): Promise<{ rows: number }> {
  const file = await landing.file('shipping_rates', 'shipping_rates.csv', [
    'carrier',
    'service',
    'origin_zone',
    'destination_zone',
    'min_weight_kg',
    'max_weight_kg',
    'base_price',
    'price_per_kg',
    'transit_days',
    'valid_from',
    'valid_to',
  ]);
  let rows = 0;
  for (const { carrier, service, share, days } of SERVICES) {
    for (const [from, row] of HOPS.entries()) {
      for (const [to, hops] of row.entries()) {
        for (const [b, heaviest] of BRACKETS.entries()) {
          const lightest = BRACKETS[b - 1] ?? 0;
          file.bytes.ascii(`${carrier},${service},${ZONES[from]},${ZONES[to]},${lightest},${heaviest},`);
          file.bytes.cents(Math.round(share * standardRate(hops, lightest)));
          file.bytes.comma();
          file.bytes.cents(Math.round(share * (standardRate(hops, 1) - standardRate(hops, 0))));
          file.bytes.ascii(`,${days(TRANSIT_DAYS[hops]!)},${VALID_FROM},`);
          file.endRow();
          rows++;
        }
      }
    }
    if (file.full) await file.drain();
  }
  await file.close();
  return { rows };
}
