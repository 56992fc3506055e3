// Products, their categories and their sellers.
import { power } from '../core/numbers.ts';
import { keyOf, Random, realAt, WeightedChoice } from '../core/random.ts';
import { Quota } from '../core/quota.ts';
import { CATEGORIES } from './categories.ts';
import { prefixIn, type Geography } from './geography.ts';
import { STATES } from './states.ts';

export interface CatalogueSize {
  products: number;
  withoutCategory: number;
  withoutMeasures: number;
  withoutWeight: number;
  sellers: number;
}

export const NO_CATEGORY = 255;

/** Column by column, one entry a product or a seller. */
export interface Catalogue {
  /** Index into CATEGORIES, or NO_CATEGORY. */
  category: Uint8Array;
  /** The regular price, in cents; what is asked in a fortnight is this times a level. */
  basePrice: Int32Array;
  /** −1: the export does not know. */
  weight: Int32Array;
  length: Uint8Array;
  height: Uint8Array;
  width: Uint8Array;
  /** How good it is, standard normal: moves reviews. */
  quality: Float32Array;
  seller: Uint32Array;
  /** What is often bought with it. */
  complement: Uint32Array;
  byPopularity: WeightedChoice;
  popularity: Float64Array;
  sellerPrefix: Uint32Array;
  sellerQuality: Float32Array;
  /** Median days from approval to hand-over. */
  handlingDays: Float32Array;
}

export function makeCatalogue(seed: number, size: CatalogueSize, map: Geography): Catalogue {
  const random = new Random(seed, 'catalogue');
  const { sellerPrefix, sellerQuality, handlingDays, sellerChoice } = makeSellers(new Random(seed, 'sellers'), size.sellers, map);
  const n = size.products;
  const category = new Uint8Array(n);
  const basePrice = new Int32Array(n);
  const weight = new Int32Array(n);
  const length = new Uint8Array(n);
  const height = new Uint8Array(n);
  const width = new Uint8Array(n);
  const quality = new Float32Array(n);
  const seller = new Uint32Array(n);
  const popularity = new Float64Array(n);
  const categoryChoice = new WeightedChoice(CATEGORIES.map((c) => c.products));
  const bare = new Quota(size.withoutCategory, Math.max(0, n - CATEGORIES.length));
  for (let p = 0; p < n; p++) {
    const c = p < CATEGORIES.length ? p : categoryChoice.draw(random);
    const kind = CATEGORIES[c]!;
    category[p] = p >= CATEGORIES.length && bare.take(random) ? NO_CATEGORY : c;
    basePrice[p] = priceOf(random.logNormal(kind.price, 0.6));
    weight[p] = Math.max(50, Math.min(30_000, Math.round(random.logNormal(kind.weight, 0.7) / 50) * 50));
    const side = Math.max(11, Math.min(60, Math.round(6 + random.logNormal(1, 0.25) * 1.9 * power(weight[p]!, 1 / 3))));
    length[p] = Math.max(16, side);
    width[p] = Math.max(11, Math.min(100, Math.round(side * (0.5 + random.real() * 0.5))));
    height[p] = Math.max(2, Math.min(100, Math.round(side * (0.2 + random.real() * 0.6))));
    quality[p] = random.normal();
    seller[p] = sellerChoice.draw(random);
    // The one product that every category has at least is no more popular than its category.
    popularity[p] = random.logNormal(kind.demand, 1.1) * (p < CATEGORIES.length ? Math.min(1, kind.products / 600) : 1);
  }
  for (let i = 0; i < size.withoutWeight && i < n; i++) weight[Math.floor(((i + 1) * n) / (size.withoutWeight + 2))] = 0;
  for (let i = 0; i < size.withoutMeasures && i < n; i++) weight[Math.floor(((i + 1.4) * n) / (size.withoutMeasures + 2))] = -1;
  const byPopularity = new WeightedChoice(popularity);
  const complement = new Uint32Array(n);
  for (let p = 0; p < n; p++) complement[p] = byPopularity.draw(random);
  return {
    category,
    basePrice,
    weight,
    length,
    height,
    width,
    quality,
    seller,
    complement,
    byPopularity,
    popularity,
    sellerPrefix,
    sellerQuality,
    handlingDays,
  };
}

function makeSellers(random: Random, n: number, map: Geography) {
  const stateChoice = new WeightedChoice(STATES.map((s) => s.sellers));
  const sellerPrefix = new Uint32Array(n);
  const sellerQuality = new Float32Array(n);
  const handlingDays = new Float32Array(n);
  const weights = new Float64Array(n);
  const firstCity = new Uint32Array(STATES.length + 1);
  for (let c = map.cityState.length - 1; c >= 0; c--) firstCity[map.cityState[c]!] = c;
  firstCity[STATES.length] = map.cityState.length;
  for (let s = 0; s < n; s++) {
    const state = stateChoice.draw(random);
    const cities = firstCity[state + 1]! - firstCity[state]!;
    const city = firstCity[state]! + Math.min(random.below(cities), random.below(cities), random.below(cities));
    sellerPrefix[s] = prefixIn(map, city, random);
    sellerQuality[s] = random.normal();
    handlingDays[s] = random.logNormal(1.9, 0.35);
    weights[s] = random.logNormal(1, 1.4);
  }
  return { sellerPrefix, sellerQuality, handlingDays, sellerChoice: new WeightedChoice(weights) };
}

/** A price that shops ask: whole tens of cents less one, at least 3.90. */
function priceOf(cents: number): number {
  return Math.max(390, Math.round(cents / 100) * 100 - (cents < 20_000 ? 10 : 1));
}

/** Levels of a fortnight's price in percent of the regular one, and up to which share of fortnights they reach. */
export const PRICE_LEVELS = [85, 95, 100, 105, 115] as const;
const LEVEL_BOUNDS = [0.1, 0.25, 0.75, 0.9];

/** Prices hold for a fortnight, from a Sunday on; this is the first one's epoch day. */
const FIRST_FORTNIGHT = 14_248;

/** The first day of the fortnight of prices that holds this local day. */
export function fortnightOf(day: number): number {
  return day - ((day - FIRST_FORTNIGHT) % 14);
}

/** Index into PRICE_LEVELS of a product's price in the fortnight of that local day. */
export function priceLevel(key: number, product: number, day: number): number {
  const fortnight = Math.floor((day - FIRST_FORTNIGHT) / 14);
  const draw = realAt(key, product * 512 + fortnight);
  let level = 0;
  while (level < 4 && draw >= LEVEL_BOUNDS[level]!) level++;
  return level;
}

/** The key for `priceLevel`. */
export function priceKey(seed: number): number {
  return keyOf(seed, 'prices');
}

/** What is asked for a product on that local day, in cents. */
export function priceOn(catalogue: Catalogue, key: number, product: number, day: number): number {
  return Math.round((catalogue.basePrice[product]! * PRICE_LEVELS[priceLevel(key, product, day)]!) / 100);
}
