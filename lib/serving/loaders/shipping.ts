// Shipping of a shop: zones, rate cards, carriers, what freight has cost, and how late parcels to each zone have been.
import { daysOf } from '../../base/index.ts';
import { distanceKm, httpCarrier, longestPrefix, shippingSettings, tableCarrier, volumetricWeightKg, withBreaker, ZoneMap, type Carrier, type CarrierRequest, type Parcel, type Place, type QuoteSettings, type Rate, type ShippingSettings } from '../../shipping/index.ts';
import { fractionDigitsOf } from '../../pricing/index.ts';
import type { ServedModel, Shipping } from '../context.ts';
import { tablesNamedIn, type Engine } from '../../warehouse/index.ts';

const RATES = `
SELECT carrier, service, origin_zone, destination_zone, CAST(min_weight_kg AS double), CAST(max_weight_kg AS double), CAST(base_price AS double), CAST(price_per_kg AS double), transit_days,
       CAST(valid_from AS varchar), CAST(valid_to AS varchar)
FROM silver.shipping_rates
ORDER BY 1, 2, 3, 4, 5, 10`;

/** Days from hand-over to delivery, less what the zone's standard services usually take; of parcels of which all that will come has come. */
const LATENESS = `
SELECT orders.delivery_zone, CAST(date_diff('day', orders.carrier_date, orders.delivered_date) AS double) - usual.days AS late, count(*) AS parcels
FROM silver.orders_master AS orders
CROSS JOIN (SELECT date_add('day', -45, max(carrier_date)) AS until FROM silver.orders_master) AS mature
JOIN (SELECT destination_zone, avg(CAST(transit_days AS double)) AS days FROM silver.shipping_rates WHERE service = 'standard' GROUP BY destination_zone) AS usual
  ON usual.destination_zone = orders.delivery_zone
WHERE orders.carrier_date <= mature.until AND orders.delivered_date IS NOT NULL
GROUP BY 1, 2
ORDER BY 1, 2`;

/** Where most of the shop's sellers are. */
const ORIGIN = `
SELECT seller_zip_code_prefix FROM silver.sellers WHERE seller_zip_code_prefix IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`;

const PLACES = `
SELECT zip_code_prefix, latitude, longitude FROM silver.geolocation ORDER BY 1`;

const ZONES = 'SELECT postcode_prefix, delivery_zone FROM silver.delivery_zones';

/** How long parcels took that arrived in the newest twenty-eight days, as predictors/delivery.sql has it. */
const LATELY = `
SELECT orders.delivery_zone, avg(CAST(date_diff('day', orders.carrier_date, orders.delivered_date) AS double)) AS days
FROM silver.orders_master AS orders
CROSS JOIN (SELECT max(delivered_date) AS day FROM silver.orders_master) AS newest
WHERE orders.carrier_date IS NOT NULL AND orders.delivered_date > date_add('day', -28, newest.day)
GROUP BY 1
ORDER BY 1`;

/** The table whose snapshot is the version of quotes, and those that they are made from. */
export const RATE_CARDS = 'gold.shipping_rate_cards';
export const TABLES_OF_SHIPPING: readonly string[] = [RATE_CARDS, ...tablesNamedIn([RATES, LATENESS, ORIGIN, PLACES, LATELY, ZONES].join('\n'))];

/** Predictors that a quote asks where a version of them answers. */
export const [FREIGHT, DELIVERY] = ['shipping', 'delivery'] as const;
/** The quantile that predictors/delivery.ts learns: another confidence goes by history. */
const DELIVERY_CONFIDENCE = 0.9;

type Model = Pick<ServedModel, 'version' | 'inputs' | 'score'>;

export interface ShippingSources {
  currency: string;
  version: string;
  /** Of the shop: its day is the one on which a parcel is handed over, where the request does not say. Default: UTC. */
  timeZone?: string;
  /** Default: those of a project that sets nothing. */
  settings?: ShippingSettings;
  /** Champions of `shipping` and `delivery`, where there are any. */
  models?: { freight?: Model; delivery?: Model };
  /** For carriers that are asked over HTTP: where their authorization comes from, and what time it is. */
  environment?: Readonly<Record<string, string | undefined>>;
  now?: () => number;
}

/** undefined where there are no rate cards yet. */
export async function loadShipping(engine: Pick<Engine, 'query'>, sources: ShippingSources): Promise<Shipping | undefined> {
  const { currency, version, settings = shippingSettings(undefined), models = {} } = sources;
  const rates = ((await engine.query(RATES)).rows as [string, string, string, string, number, number, number, number, number | bigint, string, string | null][])
    .map(([carrier, service, originZone, destinationZone, minWeightKg, maxWeightKg, basePrice, pricePerKg, transitDays, validFrom, validTo]): Rate => ({
      carrier, service, originZone, destinationZone, minWeightKg, maxWeightKg, basePrice, pricePerKg, transitDays: Number(transitDays), validFrom, ...(validTo === null ? {} : { validTo }),
    }));
  if (rates.length === 0) return undefined;
  const zones = new ZoneMap((await engine.query(ZONES)).rows as [string, string][]);
  const lateness = new Map<string, number[]>();
  for (const [zone, late, parcels] of (await engine.query(LATENESS)).rows as [string, number, number | bigint][]) {
    const list = lateness.get(zone) ?? [];
    for (let parcel = 0; parcel < Number(parcels); parcel++) list.push(late);
    lateness.set(zone, list);
  }
  const [[origin = ''] = []] = (await engine.query(ORIGIN)).rows as [string][];
  const cards = new Map([...new Set(rates.map(({ carrier }) => carrier))].map((name) => [name, tableCarrier(name, rates)]));
  const asked = settings.carriers.map((one) => overHttp(one, sources));
  const { freeFrom, confidence, graceDays, cubicCmPerKg, roundUpToKg, patienceMilliseconds } = settings;
  const known = models.freight === undefined && models.delivery === undefined ? undefined : places((await engine.query(PLACES)).rows as [string, number, number][], zones);
  return {
    version, currency, originPostcode: origin, dayOf: daysOf(sources.timeZone ?? 'UTC'),
    prefixOf: (postcode) => [zones.prefixOf(postcode), known?.prefixOf(postcode) ?? ''].reduce((one, other) => (other.length > one.length ? other : one)),
    settings: {
      zones, cards, confidence, graceDays, cubicCmPerKg, roundUpToKg, patienceMilliseconds, currency, fractionDigits: fractionDigitsOf(currency), ...(freeFrom === undefined ? {} : { freeShipping: { threshold: freeFrom } }),
      carriers: [...asked, ...[...cards.values()].filter(({ name }) => !asked.some((other) => other.name === name))],
      latenessOf: ({ destinationZone }) => lateness.get(destinationZone) ?? [], standardDays: standardDaysOf(rates), ...await estimates(engine, models, settings, { placeOf: known?.placeOf, heaviestKg: Math.max(...rates.map(({ maxWeightKg }) => maxWeightKg)) }),
    },
  };
}

function overHttp({ name, url, timeoutMilliseconds, retries, failuresToOpen, openMilliseconds, authorizationFrom }: ShippingSettings['carriers'][number], { environment = {}, now = Date.now }: ShippingSources): Carrier {
  const authorization = authorizationFrom === undefined ? undefined : environment[authorizationFrom];
  return withBreaker(httpCarrier({ name, url, timeoutMilliseconds, retries, ...(authorization === undefined ? {} : { headers: { authorization } }) }), { failuresToOpen, openMilliseconds, now });
}

/** The mean over carriers and brackets, by route. */
function standardDaysOf(rates: readonly Rate[]): NonNullable<QuoteSettings['standardDays']> {
  const routes = new Map<string, { days: number; count: number }>();
  for (const { service, originZone, destinationZone, transitDays } of rates) {
    if (service !== 'standard') continue;
    const key = `${originZone}\u0000${destinationZone}`;
    const known = routes.get(key) ?? { days: 0, count: 0 };
    routes.set(key, { days: known.days + transitDays, count: known.count + 1 });
  }
  return (originZone, destinationZone) => {
    const known = routes.get(`${originZone}\u0000${destinationZone}`);
    return known === undefined ? undefined : known.days / known.count;
  };
}

/** What the champions say of a parcel; nothing where there is no champion. */
async function estimates(engine: Pick<Engine, 'query'>, { freight, delivery }: NonNullable<ShippingSources['models']>, { cubicCmPerKg, confidence }: ShippingSettings, { placeOf, heaviestKg }: { placeOf: Places['placeOf'] | undefined; heaviestKg: number }): Promise<Pick<QuoteSettings, 'freightOf' | 'arrivalDays'>> {
  if (placeOf === undefined) return {};
  const lately = new Map((await engine.query(LATELY)).rows as [string, number][]);
  const inputsOf = ({ originPostcode, destinationPostcode, destinationZone }: CarrierRequest, parcel: Parcel): Readonly<Record<string, number | undefined>> => {
    const [from, to] = [placeOf(originPostcode), placeOf(destinationPostcode)];
    const volumetric = volumetricWeightKg(parcel, cubicCmPerKg);
    return {
      weight_kg: parcel.weightKg, volumetric_weight_kg: volumetric, chargeable_weight_kg: Math.max(parcel.weightKg, volumetric ?? 0), distance_km: from === undefined || to === undefined ? undefined : distanceKm(from, to),
      origin_latitude: from?.latitude, origin_longitude: from?.longitude, destination_latitude: to?.latitude, destination_longitude: to?.longitude, zone_days_28d: lately.get(destinationZone),
    };
  };
  /** What the model says of a piece of each parcel, and how many of them the parcel is; undefined where nobody knows where the parcels come from or go to. */
  const ask = ({ inputs, score }: Model, asked: CarrierRequest, parcels: readonly Parcel[]): { says: number; pieces: number }[] | undefined => {
    if (placeOf(asked.originPostcode) === undefined || placeOf(asked.destinationPostcode) === undefined) return undefined;
    const divided = parcels.map((parcel) => inPieces(parcel, heaviestKg, cubicCmPerKg));
    const rows = divided.map(({ piece }) => inputsOf(asked, piece));
    const scores = score(Float64Array.from(rows.flatMap((row) => inputs.map(({ name }) => row[name] ?? Number.NaN))), rows.length);
    return divided.map(({ pieces }, index) => ({ says: scores[index]!, pieces }));
  };
  const freightOf = (model: Model): NonNullable<QuoteSettings['freightOf']> => (asked, parcels) => {
    const each = ask(model, asked, parcels);
    return each === undefined ? undefined : Math.round(each.reduce((sum, { says, pieces }) => sum + Math.max(0, says) * pieces, 0) * 100) / 100;
  };
  /** All of a quote's parcels are promised for one day: that of the slowest. */
  const arrivalDays = (model: Model): NonNullable<QuoteSettings['arrivalDays']> => (asked, parcels) => {
    const each = ask(model, asked, parcels);
    return each === undefined ? undefined : Math.max(...each.map(({ says }) => says));
  };
  return {
    ...(freight === undefined ? {} : { freightOf: freightOf(freight) }),
    ...(delivery === undefined || confidence !== DELIVERY_CONFIDENCE ? {} : { arrivalDays: arrivalDays(delivery) }),
  };
}

/**
 * What is heavier than any card goes counts as several pieces of the same sum: trees know nothing beyond what was ever sent. They are alike, so one stands for
 * all: by its size alone a parcel may be millions of them.
 */
function inPieces(parcel: Parcel, heaviestKg: number, cubicCmPerKg: number): { piece: Parcel; pieces: number } {
  const pieces = Math.max(1, Math.ceil(Math.max(parcel.weightKg, volumetricWeightKg(parcel, cubicCmPerKg) ?? 0) / heaviestKg));
  return { pieces, piece: { ...parcel, weightKg: parcel.weightKg / pieces, ...(parcel.lengthCm === undefined ? {} : { lengthCm: parcel.lengthCm / pieces }) } };
}

interface Places {
  /** Where a postcode lies: the place of the longest prefix that is known, else the middle of its zone; undefined where neither is. */
  placeOf(postcode: string): Place | undefined;
  /** That prefix; empty where none is known. */
  prefixOf(postcode: string): string;
}

function places(rows: readonly [string, number, number][], zones: ZoneMap): Places {
  const known = new Map(rows.map(([prefix, latitude, longitude]): [string, Place] => [prefix, { latitude, longitude }]));
  const lengths = [...new Set(rows.map(([prefix]) => prefix.length))].sort((left, right) => right - left);
  const sums = new Map<string, { latitude: number; longitude: number; count: number }>();
  for (const [prefix, { latitude, longitude }] of known) {
    const zone = zones.zoneOf(prefix);
    const sum = sums.get(zone) ?? { latitude: 0, longitude: 0, count: 0 };
    sums.set(zone, { latitude: sum.latitude + latitude, longitude: sum.longitude + longitude, count: sum.count + 1 });
  }
  const prefixOf = (postcode: string): string => longestPrefix(postcode, lengths, (prefix) => known.has(prefix));
  return {
    prefixOf,
    placeOf(postcode) {
      const place = known.get(prefixOf(postcode));
      if (place !== undefined) return place;
      const zone = zones.zoneOf(postcode);
      const sum = zone === 'unknown' ? undefined : sums.get(zone);
      return sum === undefined ? undefined : { latitude: sum.latitude / sum.count, longitude: sum.longitude / sum.count };
    },
  };
}
