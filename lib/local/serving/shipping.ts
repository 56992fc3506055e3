// Shipping of a home: zones, rate cards, and how late parcels to each zone have been.
import type { Shipping } from '../../serving/index.ts';
import { tableCarrier, ZoneMap, type Rate } from '../../shipping/index.ts';
import type { Engine } from '../../warehouse/index.ts';

const RATES = `
SELECT carrier, service, origin_zone, destination_zone, CAST(min_weight_kg AS double), CAST(max_weight_kg AS double), CAST(base_price AS double), CAST(price_per_kg AS double), transit_days,
       CAST(valid_from AS varchar), CAST(valid_to AS varchar)
FROM silver.shipping_rates
ORDER BY 1, 2, 3, 4, 5, 10`;

/** Days from hand-over to delivery, less what the zone's standard services usually take. */
const LATENESS = `
SELECT orders.delivery_zone, CAST(date_diff('day', orders.carrier_date, orders.delivered_date) AS double) - usual.days AS late, count(*) AS parcels
FROM silver.orders_master AS orders
JOIN (SELECT destination_zone, avg(CAST(transit_days AS double)) AS days FROM silver.shipping_rates WHERE service = 'standard' GROUP BY destination_zone) AS usual
  ON usual.destination_zone = orders.delivery_zone
WHERE orders.carrier_date IS NOT NULL AND orders.delivered_date IS NOT NULL
GROUP BY 1, 2
ORDER BY 1, 2`;

/** Where most of the shop's sellers are. */
const ORIGIN = `
SELECT seller_zip_code_prefix FROM silver.sellers WHERE seller_zip_code_prefix IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`;

/** undefined where there are no rate cards yet. */
export async function loadShipping(engine: Pick<Engine, 'query'>, { currency, version }: { currency: string; version: string }): Promise<Shipping | undefined> {
  const rates = ((await engine.query(RATES)).rows as [string, string, string, string, number, number, number, number, number | bigint, string, string | null][])
    .map(([carrier, service, originZone, destinationZone, minWeightKg, maxWeightKg, basePrice, pricePerKg, transitDays, validFrom, validTo]): Rate => ({
      carrier, service, originZone, destinationZone, minWeightKg, maxWeightKg, basePrice, pricePerKg, transitDays: Number(transitDays), validFrom, ...(validTo === null ? {} : { validTo }),
    }));
  if (rates.length === 0) return undefined;
  const zones = new ZoneMap((await engine.query('SELECT postcode_prefix, delivery_zone FROM silver.delivery_zones')).rows as [string, string][]);
  const lateness = new Map<string, number[]>();
  for (const [zone, late, parcels] of (await engine.query(LATENESS)).rows as [string, number, number | bigint][]) {
    const list = lateness.get(zone) ?? [];
    for (let parcel = 0; parcel < Number(parcels); parcel++) list.push(late);
    lateness.set(zone, list);
  }
  const [[origin = ''] = []] = (await engine.query(ORIGIN)).rows as [string][];
  return {
    version, currency, originPostcode: origin,
    settings: {
      zones, carriers: [...new Set(rates.map(({ carrier }) => carrier))].map((name) => tableCarrier(name, rates)),
      latenessOf: ({ destinationZone }) => lateness.get(destinationZone) ?? [],
    },
  };
}
