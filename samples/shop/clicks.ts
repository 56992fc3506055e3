// The clickstream of the shop: visits that end in the marketplace's orders, visits before them, and visits that end in nothing.
import { SHOP_CAUSES } from '../causes.ts';
import { exp } from '../core/numbers.ts';
import { Random, WeightedChoice } from '../core/random.ts';
import { civilOf, DAY, dayOf, dayOfSecond, saoPauloToUtc } from '../core/time.ts';
import { priceEffect } from '../marketplace/baskets.ts';
import { CATEGORIES, SEASONS } from '../marketplace/categories.ts';
import { fortnightOf, NO_CATEGORY, priceKey, priceLevel } from '../marketplace/catalogue.ts';
import { secondOn } from '../marketplace/demand.ts';
import type { Marketplace } from '../marketplace/orders.ts';
import { CANCELED, CREATED } from '../marketplace/plan.ts';
import type { Roster } from './roster.ts';

export const VIEW = 0;
export const CART = 1;
export const PURCHASE = 2;
export const SEARCH = 3;
export const EVENT_NAMES = ['view', 'addtocart', 'transaction', 'search'] as const;
export const DEVICES = ['desktop', 'mobile', 'tablet', 'app'] as const;

export interface Click {
  /** Milliseconds since 1970, UTC. */
  time: number;
  visitor: number;
  kind: number;
  /** Product, −1 for a search. */
  product: number;
  /** 0: none. */
  transaction: number;
  device: number;
  /** Index of the category that was searched for. */
  query: number;
}

/** A product that was viewed in a visit, and whether it was bought there. */
export interface Pair {
  odds: number;
  bought: boolean;
}

export interface Clicks {
  from: number;
  clicks: Click[];
  visitors: number;
  /** Marketplace order of a transaction, by transactionid. */
  orderOf: Map<number, number>;
  pairs: Pair[];
}

/** The clickstream begins with the fortnight of prices that holds this day. */
export const WEB_FROM = fortnightOf(dayOf(2018, 6, 6));
const FIRST_TRANSACTION = 10_001;
const { visits } = SHOP_CAUSES;

export function makeClicks(market: Marketplace, roster: Roster): Clicks {
  const maker = new ClickMaker(market, roster);
  maker.purchases();
  maker.idleVisits();
  return maker.result();
}

class ClickMaker {
  readonly #market: Marketplace;
  readonly #roster: Roster;
  readonly #random: Random;
  readonly #prices: number;
  readonly #looks: Map<number, WeightedChoice> = new Map();
  readonly #clicks: Click[] = [];
  readonly #orderOf = new Map<number, number>();
  readonly #viewed: { price: number; bought: boolean; customer: boolean }[] = [];
  readonly #end: number;
  #visitors: number;

  constructor(market: Marketplace, roster: Roster) {
    this.#market = market;
    this.#roster = roster;
    this.#random = new Random(market.seed, 'clicks');
    this.#prices = priceKey(market.seed);
    this.#end = saoPauloToUtc(market.plan.end) * 1000;
    this.#visitors = roster.visitors;
  }

  /** The orders of web customers, with the visits before them. */
  purchases(): void {
    const { orders } = this.#market;
    const web: number[] = [];
    for (let o = 0; o < orders.count; o++) {
      const row = this.#roster.ofPerson[orders.customer[o]!]!;
      const isWeb =
        row >= 0 &&
        this.#roster.visitor[row]! >= 0 &&
        orders.purchased[o]! >= (WEB_FROM + 1) * DAY &&
        orders.firstItem[o]! < orders.firstItem[o + 1]! &&
        orders.status[o] !== CANCELED &&
        orders.status[o] !== CREATED;
      if (isWeb) web.push(o);
    }
    web.sort((a, b) => orders.purchased[a]! - orders.purchased[b]! || a - b);
    for (const [n, o] of web.entries()) {
      this.#orderOf.set(FIRST_TRANSACTION + n, o);
      const visitor = this.#roster.visitor[this.#roster.ofPerson[orders.customer[o]!]!]!;
      const products = [...new Set(orders.itemProduct.subarray(orders.firstItem[o]!, orders.firstItem[o + 1]!))];
      this.#considered(visitor, orders.purchased[o]!, products);
      this.#buyingVisit(visitor, orders.purchased[o]!, products, FIRST_TRANSACTION + n);
    }
  }

  #considered(visitor: number, purchased: number, products: readonly number[]): void {
    const random = this.#random;
    const draw = random.real();
    const times = draw < visits.considered[0] ? 0 : draw < visits.considered[0] + visits.considered[1] ? 1 : 2;
    for (let k = 0; k < times; k++) {
      const start = secondOn(dayOfSecond(purchased) - 1 - random.below(6), random);
      const targets = products.filter(() => random.chance(0.8));
      this.#idleVisit(visitor, start, targets, true);
    }
  }

  #buyingVisit(visitor: number, purchased: number, products: readonly number[], transaction: number): void {
    const random = this.#random;
    const device = this.#deviceOf(visitor);
    const looks = this.#looksOn(dayOfSecond(purchased));
    const viewed = [...products];
    while (random.chance(visits.looked_at_more)) viewed.push(looks.draw(random));
    const end = saoPauloToUtc(purchased) * 1000 + random.below(1000);
    let time = end - (products.length * 20 + random.between(5, 60)) * 1000;
    for (const product of products) {
      this.#click(time, visitor, CART, product, device);
      time += random.between(2_000, 15_000);
    }
    for (const product of products) this.#click(end, visitor, PURCHASE, product, device, transaction);
    // Views go backwards from the cart.
    time = end - (products.length * 20 + 61) * 1000;
    for (let i = viewed.length - 1; i >= 0; i--) {
      time -= random.between(8_000, 150_000);
      this.#click(time, visitor, VIEW, viewed[i]!, device);
    }
    for (const product of new Set(viewed)) this.#note(product, dayOfSecond(purchased), products.includes(product), true);
  }

  /** Visits without a purchase: of customers, and of strangers. */
  idleVisits(): void {
    const random = this.#random;
    const lastDay = dayOfSecond(this.#market.plan.end);
    const days = lastDay - WEB_FROM + 1;
    const customers = this.#roster.visitors;
    const strangers = Math.round(customers * visits.strangers_a_customer);
    this.#visitors = customers + strangers;
    for (let visitor = 0; visitor < this.#visitors; visitor++) {
      const mean = visitor < customers ? visits.idle_visits : visits.stranger_visits;
      const some = visitor < customers ? poisson(random, mean) : 1 + poisson(random, mean - 1);
      for (let k = 0; k < some; k++)
        this.#idleVisit(visitor, secondOn(WEB_FROM + random.below(days), random), [], visitor < customers);
    }
  }

  #idleVisit(visitor: number, start: number, targets: readonly number[], customer: boolean): void {
    const random = this.#random;
    const { plan } = this.#market;
    if (start < WEB_FROM * DAY + 600 || start > plan.end - 3600) return;
    const day = dayOfSecond(start);
    const device = this.#deviceOf(visitor);
    let time = saoPauloToUtc(start) * 1000 + random.below(1000);
    if (random.chance(0.25)) {
      this.#clicks.push({
        time,
        visitor,
        kind: SEARCH,
        product: -1,
        transaction: 0,
        device,
        query: random.below(CATEGORIES.length),
      });
      time += random.between(3_000, 40_000);
    }
    const looks = this.#looksOn(day);
    const viewed = [...targets];
    do viewed.push(looks.draw(random));
    while (random.chance(0.45));
    for (const product of viewed) {
      this.#click(time, visitor, VIEW, product, device);
      time += random.between(5_000, 180_000);
      if (
        random.chance(
          Math.min(0.6, visits.abandoned * priceEffect(this.#category(product), priceLevel(this.#prices, product, day))),
        )
      ) {
        this.#click(time, visitor, CART, product, device);
        time += random.between(3_000, 60_000);
      }
    }
    for (const product of new Set(viewed)) this.#note(product, day, false, customer);
  }

  /** What people look at that month: popularity and season, whatever it costs. */
  #looksOn(day: number): WeightedChoice {
    const { catalogue } = this.#market;
    const { month } = civilOf(day);
    let choice = this.#looks.get(month);
    if (choice === undefined) {
      choice = new WeightedChoice(
        catalogue.popularity.map((weight, product) => {
          const category = this.#category(product);
          return weight * (category === NO_CATEGORY ? 1 : SEASONS[CATEGORIES[category]!.season][month - 1]!);
        }),
      );
      this.#looks.set(month, choice);
    }
    return choice;
  }

  #category(product: number): number {
    return this.#market.catalogue.category[product] ?? NO_CATEGORY;
  }

  #deviceOf(visitor: number): number {
    const usual = (visitor * 7 + 3) % 10;
    if (this.#random.chance(0.1)) return this.#random.below(DEVICES.length);
    return usual < 4 ? 0 : usual < 8 ? 1 : usual < 9 ? 2 : 3;
  }

  #click(time: number, visitor: number, kind: number, product: number, device: number, transaction = 0): void {
    if (time <= this.#end) this.#clicks.push({ time, visitor, kind, product, transaction, device, query: -1 });
  }

  #note(product: number, day: number, bought: boolean, customer: boolean): void {
    this.#viewed.push({ price: priceEffect(this.#category(product), priceLevel(this.#prices, product, day)), bought, customer });
  }

  result(): Clicks {
    // Bayes: the odds of a customer's view without its price, times how much the price speaks for a purchase; a stranger never buys.
    const left = this.#viewed.filter(({ customer, bought }) => customer && !bought);
    const odds = this.#viewed.filter(({ bought }) => bought).length / Math.max(1, left.length);
    const usual = left.reduce((sum, { price }) => sum + price, 0) / Math.max(1, left.length);
    const pairs = this.#viewed.map(({ price, bought, customer }) => ({ odds: customer ? (odds * price) / usual : 0, bought }));
    this.#clicks.sort((a, b) => a.time - b.time || a.visitor - b.visitor || a.kind - b.kind || a.product - b.product);
    return { from: WEB_FROM, clicks: this.#clicks, visitors: this.#visitors, orderOf: this.#orderOf, pairs };
  }
}

/** Poisson by Knuth's products; for small means. */
export function poisson(random: Random, mean: number): number {
  const limit = exp(-mean);
  let k = 0;
  for (let product = random.real(); product > limit; product *= random.real()) k++;
  return k;
}
