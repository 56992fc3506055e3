// The files that say who and where: customers, sellers, geolocation.
import type { Bytes } from '../core/bytes.ts';
import type { Landing } from '../core/landing.ts';
import { Quota } from '../core/quota.ts';
import { hashAt, keyOf, Random, realAt } from '../core/random.ts';
import type { MarketIds } from './ids.ts';
import type { Marketplace } from './orders.ts';
import { STATES } from './states.ts';

/** Share of customers whose postcode prefix geolocation does not know. */
const UNKNOWN_PREFIXES = 0.003;

/** What only the writing of these files knows. */
export interface PeopleTruth {
  /** Rows of customers whose postcode prefix geolocation lacks. */
  customersWithoutPlace: number;
  /** Prefixes that geolocation has. */
  prefixes: number;
  /** Rows of geolocation that repeat another one exactly. */
  repeatedPlaces: number;
}

export async function writeCustomers(
  landing: Landing,
  market: Marketplace,
  ids: MarketIds,
  sequence: Uint32Array,
): Promise<{ customersWithoutPlace: number }> {
  const { orders, map } = market;
  const file = await landing.file(
    'customers',
    'olist_customers_dataset.csv',
    ['customer_id', 'customer_unique_id', 'customer_zip_code_prefix', 'customer_city', 'customer_state'],
    { quotedHeader: true },
  );
  const { bytes } = file;
  const unknown = keyOf(market.seed, 'unknown-prefixes');
  let customersWithoutPlace = 0;
  for (const o of sequence) {
    const prefix = orders.prefix[o]!;
    const code = map.prefixCode[prefix]!;
    const isUnknown = realAt(unknown, o) < UNKNOWN_PREFIXES && map.prefixCode[prefix + 1] !== code + 1;
    if (isUnknown) customersWithoutPlace++;
    const city = map.prefixCity[prefix]!;
    ids.customer.write(bytes, o);
    bytes.comma();
    ids.person.write(bytes, orders.customer[o]!);
    bytes.comma();
    writePrefix(bytes, isUnknown ? code + 1 : code);
    bytes.ascii(map.cityName[city]!);
    bytes.comma();
    bytes.ascii(STATES[map.cityState[city]!]!.code);
    file.endRow();
    if (file.full) await file.drain();
  }
  await file.close();
  return { customersWithoutPlace };
}

export async function writeSellers(landing: Landing, market: Marketplace, ids: MarketIds): Promise<void> {
  const { catalogue, map } = market;
  const file = await landing.file(
    'sellers',
    'olist_sellers_dataset.csv',
    ['seller_id', 'seller_zip_code_prefix', 'seller_city', 'seller_state'],
    { quotedHeader: true },
  );
  const { bytes } = file;
  for (let s = 0; s < catalogue.sellerPrefix.length; s++) {
    const prefix = catalogue.sellerPrefix[s]!;
    const city = map.prefixCity[prefix]!;
    ids.seller.write(bytes, s);
    bytes.comma();
    writePrefix(bytes, map.prefixCode[prefix]!);
    bytes.ascii(map.cityName[city]!);
    bytes.comma();
    bytes.ascii(STATES[map.cityState[city]!]!.code);
    file.endRow();
    if (file.full) await file.drain();
  }
  await file.close();
}

/** A postcode prefix and the comma behind it. */
function writePrefix(bytes: Bytes, code: number): void {
  bytes.byte(34);
  bytes.padded(code, 5);
  bytes.byte(34);
  bytes.comma();
}

/** Degrees in ten-millionths, with seven more digits behind them that are the row's own. */
function writeDegrees(bytes: Bytes, tenMillionths: number, tail: number): void {
  if (tenMillionths < 0) bytes.byte(45);
  const size = Math.abs(tenMillionths);
  const whole = Math.floor(size / 10_000_000);
  bytes.integer(whole);
  bytes.byte(46);
  bytes.padded(size - whole * 10_000_000, 7);
  bytes.padded(tail, 7);
}

export async function writeGeolocation(
  landing: Landing,
  market: Marketplace,
): Promise<{ prefixes: number; repeatedPlaces: number }> {
  const { map, plan, seed } = market;
  const file = await landing.file(
    'geolocation',
    'olist_geolocation_dataset.csv',
    ['geolocation_zip_code_prefix', 'geolocation_lat', 'geolocation_lng', 'geolocation_city', 'geolocation_state'],
    { quotedHeader: true },
  );
  const { bytes } = file;
  const prefixes = map.prefixCode.length;
  const weights = new Random(seed, 'geolocation.weights');
  const share = new Float64Array(prefixes + 1);
  for (let p = 0; p < prefixes; p++) share[p + 1] = share[p]! + weights.logNormal(1, 0.9);
  const surplus = Math.max(0, plan.geolocation.rows - prefixes);
  const random = new Random(seed, 'geolocation');
  const repeats = new Quota(plan.geolocation.duplicates, surplus);
  const digits = keyOf(seed, 'geolocation.digits');
  let repeatedPlaces = 0;
  for (let p = 0; p < prefixes; p++) {
    const rows =
      1 + Math.floor((share[p + 1]! * surplus) / share[prefixes]!) - Math.floor((share[p]! * surplus) / share[prefixes]!);
    const city = map.prefixCity[p]!;
    const state = STATES[map.cityState[city]!]!.code;
    const hasAccent = map.cityAccented[city] !== map.cityName[city];
    const ownDigits = hashAt(digits, p);
    let distinct = 0;
    for (let r = 0; r < rows; r++) {
      const repeat = r > 0 && repeats.take(random);
      if (repeat) repeatedPlaces++;
      const place = repeat ? random.below(distinct) : distinct++;
      const hash = hashAt(digits, p * 65_536 + place);
      const north = Math.round(map.latitude[p]! * 1e7) + (hash % 200_001) - 100_000;
      const east = Math.round(map.longitude[p]! * 1e7) + (Math.floor(hash / 16) % 200_001) - 100_000;
      writePrefix(bytes, map.prefixCode[p]!);
      writeDegrees(bytes, north, (place * 7_654_321 + ownDigits) % 10_000_000);
      bytes.comma();
      writeDegrees(bytes, east, hash % 10_000_000);
      bytes.comma();
      if (hasAccent && hash % 8 === 0) bytes.utf8(map.cityAccented[city]!);
      else bytes.ascii(map.cityName[city]!);
      bytes.comma();
      bytes.ascii(state);
      file.endRow();
      if (file.full) await file.drain();
    }
  }
  await file.close();
  return { prefixes, repeatedPlaces };
}
