// What is in an order: products by popularity, season and price; what goes with them; freight by weight, zones and distance.
import { MARKETPLACE_CAUSES } from '../causes.ts';
import { power } from '../core/numbers.ts';
import type { Random } from '../core/random.ts';
import { civilOf } from '../core/time.ts';
import { CATEGORIES, SEASONS } from './categories.ts';
import { NO_CATEGORY, PRICE_LEVELS, priceLevel, type Catalogue } from './catalogue.ts';
import { kilometres, type Geography } from './geography.ts';
import { chargeableKilograms, HOPS, standardRate, zoneOf } from './zones.ts';

const { basket, freight } = MARKETPLACE_CAUSES;
const STRONGEST_SEASON = 4;

/** Elasticity of products whose category nobody knows. */
const UNKNOWN_ELASTICITY = 1;

export function elasticityOf(category: number): number {
  return category === NO_CATEGORY ? UNKNOWN_ELASTICITY : CATEGORIES[category]!.elasticity;
}

/** (level / 100)^-elasticity. */
export function priceEffect(category: number, level: number): number {
  return power(PRICE_LEVELS[level]! / 100, -elasticityOf(category));
}

/** Chance to accept a product that popularity drew, at [category][month − 1][price level]. */
const acceptance = [...CATEGORIES.keys(), NO_CATEGORY].map((category) => {
  const seasons = category === NO_CATEGORY ? SEASONS.even : SEASONS[CATEGORIES[category]!.season];
  return seasons.map((season) =>
    PRICE_LEVELS.map((_, level) => (season / STRONGEST_SEASON) * (priceEffect(category, level) / priceEffect(category, 0))),
  );
});

/** A product that somebody wants on that local day. */
export function drawProduct(catalogue: Catalogue, prices: number, day: number, random: Random): number {
  const month = civilOf(day).month - 1;
  for (;;) {
    const product = catalogue.byPopularity.draw(random);
    const category = catalogue.category[product]!;
    const chances = acceptance[category === NO_CATEGORY ? CATEGORIES.length : category]![month]!;
    if (random.chance(chances[priceLevel(prices, product, day)]!)) return product;
  }
}

/** Another product for a basket that holds this one. */
export function drawAnother(catalogue: Catalogue, prices: number, product: number, day: number, random: Random): number {
  const draw = random.real();
  if (draw < basket.same) return product;
  if (draw < basket.same + basket.complement) return catalogue.complement[product]!;
  return drawProduct(catalogue, prices, day, random);
}

/** What sending one piece costs, in cents. */
export function drawFreight(catalogue: Catalogue, map: Geography, product: number, to: number, random: Random): number {
  const from = catalogue.sellerPrefix[catalogue.seller[product]!]!;
  const hops = HOPS[zoneOf(map.prefixCode[from]!)]![zoneOf(map.prefixCode[to]!)]!;
  const rate = standardRate(hops, chargeableKilograms(catalogue, product));
  return Math.max(0, Math.round(rate * (1 + freight.noise * random.normal()) + freight.kilometre * kilometres(map, from, to)));
}
