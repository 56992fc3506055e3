// RetailRocket's cardinalities at any scale, and what its items and visitors are like, as functions of their index.
import { exp, log, normalQuantile } from '../core/numbers.ts';
import { scaled } from '../core/quota.ts';
import { hashAt, keyOf, realAt } from '../core/random.ts';
import { dayOf } from '../core/time.ts';
import { CLICKSTREAM_CAUSES } from '../causes.ts';
import { PRICE_LEVELS, priceKey, priceLevel } from '../marketplace/catalogue.ts';

export interface ClickstreamSize {
  views: number;
  carts: number;
  purchases: number;
  /** Views that are there twice; among the views. */
  duplicates: number;
  visitors: number;
  visits: number;
  /** Items of events; those of them that have properties; all items with properties. */
  items: number;
  describedItems: number;
  propertyItems: number;
  propertyRows: number;
  /** Rows of the first of the two files. */
  firstPart: number;
}

export function retailRocketSize(scale: number): ClickstreamSize {
  const visitors = scaled(1_407_580, scale);
  return {
    views: scaled(2_664_312, scale),
    carts: scaled(69_332, scale),
    purchases: scaled(22_457, scale),
    duplicates: scaled(460, scale),
    visitors,
    visits: Math.max(visitors, scaled(1_761_675, scale)),
    items: scaled(235_061, scale),
    describedItems: scaled(185_246, scale),
    propertyItems: scaled(417_053, scale),
    propertyRows: scaled(20_275_902, scale),
    firstPart: scaled(10_999_999, scale),
  };
}

/** Categories in the tree. */
export const CATEGORY_ROWS = 1669;

/** First and last local day, and the first of the weekly snapshots of properties. */
export const FIRST_DAY = dayOf(2015, 5, 3);
export const LAST_DAY = dayOf(2015, 9, 17);
export const FIRST_SNAPSHOT = dayOf(2015, 5, 10);
export const SNAPSHOTS = 19;

const { elasticity } = CLICKSTREAM_CAUSES.cart;
const logLevels = PRICE_LEVELS.map((level) => log(level / 100));

export class Items {
  readonly #size: ClickstreamSize;
  readonly #prices: number;
  readonly #attributes: number;
  readonly #step: number;

  constructor(seed: number, size: ClickstreamSize) {
    this.#size = size;
    this.#prices = priceKey(seed);
    this.#attributes = keyOf(seed, 'clickstream.items');
    this.#step = coprime(size.items);
  }

  /** A number from 0 on that every item index has to itself. */
  id(item: number): number {
    return (item * 499_979) % 15_485_863;
  }

  /** Whether an item of events has properties: exactly `describedItems` have. */
  isDescribed(item: number): boolean {
    return (item * this.#step) % this.#size.items < this.#size.describedItems;
  }

  /** The nth item with properties, n < propertyItems; those that no event has come last. */
  elasticity(item: number): number {
    return elasticity.from + (elasticity.to - elasticity.from) * realAt(this.#attributes, item * 4);
  }

  /** Standard normal. */
  appeal(item: number): number {
    return normalQuantile((hashAt(this.#attributes, item * 4 + 1) + 0.5) / 4_294_967_296);
  }

  /** Place in the tree of categories. */
  category(item: number): number {
    return item % CATEGORY_ROWS;
  }

  /** What is asked in the fortnight of that local day; the clickstream has no currency. */
  price(item: number, day: number): number {
    const base = 1 + (hashAt(this.#attributes, item * 4 + 3) % 400) * (1 + (hashAt(this.#attributes, item * 4 + 3) % 7));
    return base * 12 * PRICE_LEVELS[priceLevel(this.#prices, item, day)]!;
  }

  /** (level / 100)^-(elasticity * share). */
  priceEffect(item: number, day: number, share: number): number {
    return exp(-this.elasticity(item) * share * logLevels[priceLevel(this.#prices, item, day)]!);
  }

  level(item: number, day: number): number {
    return priceLevel(this.#prices, item, day);
  }
}

/** A step near the golden section that visits all of n. */
function coprime(n: number): number {
  let step = Math.max(1, Math.floor(n * 0.618));
  while (gcd(step, n) !== 1) step++;
  return step;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
