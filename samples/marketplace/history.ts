// The marketplace's history: first orders after demand, then round after round who of the customers comes back, and when.
import { MARKETPLACE_CAUSES } from '../causes.ts';
import { exp, normalQuantile, power, sigmoid } from '../core/numbers.ts';
import { spread } from '../core/quota.ts';
import { keyOf, Random, realAt } from '../core/random.ts';
import { DAY, dayOf, dayOfSecond } from '../core/time.ts';
import { drawAnother, drawFreight, drawProduct } from './baskets.ts';
import { CATEGORIES } from './categories.ts';
import { makeCatalogue, NO_CATEGORY, priceKey, priceOn } from './catalogue.ts';
import { secondOn } from './demand.ts';
import { makeGeography, prefixIn } from './geography.ts';
import { Journeys } from './journey.ts';
import { emptyOrders, type Marketplace } from './orders.ts';
import { CANCELED, CREATED, DELIVERED, STATUSES, UNAVAILABLE, type Plan } from './plan.ts';

const { repurchase } = MARKETPLACE_CAUSES;

/** A status with this bit has no items. */
const BARE = 16;

/** So many purchases at least are dated in an hour that clocks never showed, and in one that they showed twice. */
const ODD_TIMES = 3;
const ODD_HOURS = [
  { kind: 'gap', from: dayOf(2017, 10, 15) * DAY },
  { kind: 'overlap', from: dayOf(2018, 2, 17) * DAY + 23 * 3600 },
] as const;

/** Taken off the will of who has no time left, so that they come last. */
const HURRY = 1000;

export function makeMarketplace(seed: number, plan: Plan): Marketplace {
  const map = makeGeography(seed, plan.map);
  const catalogue = makeCatalogue(seed, plan.catalogue, map);
  const planned = plan.generations.reduce((sum, count) => sum + count, 0);
  const market: Marketplace = { seed, plan, map, catalogue, orders: emptyOrders(planned, planned + plan.extraItems) };
  new History(market, planned).run();
  return market;
}

/** How long the clock runs until a return after the nth order, on average; `own` is the customer's standard normal. */
export function paceAfter(plan: Plan, nth: number, own: number): number {
  return (plan.returnDays * exp(repurchase.pace * own)) / power(nth, repurchase.haste);
}

/** A customer's own standard normals, which need no storage. */
export function ownNormal(key: number, customer: number): number {
  return normalQuantile(realAt(key, customer) * 0.9998 + 0.0001);
}

class History {
  readonly #market: Marketplace;
  readonly #random: Random;
  readonly #returns: Random;
  readonly #journeys: Journeys;
  readonly #prices: number;
  readonly #loyalty: number;
  readonly #pace: number;
  readonly #home: Uint32Array;
  readonly #dealt: Uint8Array | null;
  readonly #extras: Uint8Array;
  #basket = 0;
  #items = 0;

  constructor(market: Marketplace, planned: number) {
    const { seed, plan } = market;
    this.#market = market;
    this.#random = new Random(seed, 'orders');
    this.#returns = new Random(seed, 'returns');
    this.#journeys = new Journeys(market);
    this.#prices = priceKey(seed);
    this.#loyalty = keyOf(seed, 'loyalty');
    this.#pace = keyOf(seed, 'pace');
    this.#home = homes(market);
    this.#dealt = dealStatuses(plan, planned, new Random(seed, 'statuses'));
    const bare = this.#dealt?.reduce((count, code) => count + (code >= BARE ? 1 : 0), 0) ?? 0;
    this.#extras = spread(new Random(seed, 'baskets'), plan.extraItems, planned - bare, 0.3, 20);
  }

  run(): void {
    const { plan, orders } = this.#market;
    this.#firstOrders();
    let from = 0;
    for (const [i, count] of plan.generations.slice(1).entries()) {
      const until = orders.count;
      this.#returners(i + 1, from, until, count);
      from = until;
    }
    orders.firstItem[orders.count] = this.#items;
    let undated = plan.deliveredWithoutDate;
    for (let o = 7; o < orders.count && undated > 0; o += 11) {
      if (orders.status[o] !== DELIVERED) continue;
      orders.delivered[o] = 0;
      undated--;
    }
  }

  #firstOrders(): void {
    const { plan } = this.#market;
    let stragglers = plan.stragglers;
    const odd = { gap: ODD_TIMES, overlap: ODD_TIMES };
    for (let u = 0; u < plan.customers; u++) {
      const day = plan.demand.firstDay(this.#random);
      let time = secondOn(day, this.#random);
      for (const { kind, from } of ODD_HOURS) {
        if (odd[kind] > 0 && dayOfSecond(from) === day) {
          odd[kind]--;
          time = from + this.#random.below(3600);
        }
      }
      if (u === 0) time = plan.firstPurchase;
      else if (stragglers > 0 && this.#dealt?.[u] === CANCELED) {
        stragglers--;
        const weeks = plan.lastPurchase - plan.demand.until * DAY;
        time = stragglers === 0 ? plan.lastPurchase : plan.demand.until * DAY + this.#random.below(weeks);
      } else if (u === 1 && plan.stragglers === 0) time = plan.lastPurchase;
      this.#order(u, Math.max(time, plan.firstPurchase), this.#home[u]!, 0);
    }
  }

  #order(customer: number, time: number, prefix: number, previous: number): void {
    const { orders, catalogue, map } = this.#market;
    const random = this.#random;
    const o = orders.count++;
    orders.customer[o] = customer;
    orders.prefix[o] = prefix;
    orders.purchased[o] = Math.min(time, this.#market.plan.lastPurchase);
    orders.previous[o] = previous;
    orders.firstItem[o] = this.#items;
    const day = dayOfSecond(orders.purchased[o]!);
    const code = this.#dealt?.[o] ?? null;
    const first = drawProduct(catalogue, this.#prices, day, random);
    const extra = code !== null && code >= BARE ? -1 : this.#extras[this.#basket++]!;
    this.#journeys.run(o, first, extra + 1, code === null ? null : code & (BARE - 1));
    const empty = code === null ? isEmpty(orders.status[o]!, random) : extra < 0;
    const pieces = empty ? 0 : extra + 1;
    let product = first;
    for (let i = 0; i < pieces; i++) {
      if (i > 0) product = drawAnother(catalogue, this.#prices, product, day, random);
      const item = this.#items++;
      orders.itemProduct[item] = product;
      orders.itemSeller[item] = catalogue.seller[product]!;
      orders.itemPrice[item] = priceOn(catalogue, this.#prices, product, day);
      orders.itemFreight[item] = drawFreight(catalogue, map, product, prefix, random);
    }
    this.#logOdds(o, first);
  }

  /** Log-odds of a return, before the round's constant; kept in `returns` until the round is decided. */
  #logOdds(o: number, product: number): void {
    const { orders, catalogue } = this.#market;
    const delivered = orders.status[o] === DELIVERED;
    const late = delivered ? dayOfSecond(orders.delivered[o]!) - orders.estimated[o]! : 0;
    const category = catalogue.category[product]!;
    const visible =
      repurchase.score * (orders.score[o]! - 4) +
      repurchase.late * Math.max(0, Math.min(10, late)) +
      (delivered ? 0 : repurchase.undelivered) +
      (category === NO_CATEGORY ? 0 : CATEGORIES[category]!.loyalty);
    orders.returnsVisibly[o] = visible;
    orders.returns[o] = visible + repurchase.loyalty * ownNormal(this.#loyalty, orders.customer[o]!);
  }

  /**
   * Of the customers whose nth orders are `from` … `until − 1`, the `count` with the greatest will come back, if there is
   * time left; where too few have time, some hurry.
   */
  #returners(nth: number, from: number, until: number, count: number): void {
    const { plan, orders, map } = this.#market;
    const { demand } = plan;
    const random = this.#returns;
    const will = new Float64Array(until - from);
    const when = new Int32Array(until - from);
    const able: number[] = [];
    for (let o = from; o < until; o++) {
      const i = o - from;
      const free = Math.max(orders.free[o]!, demand.from);
      will[i] = orders.returns[o]! + random.logistic();
      const mean = paceAfter(plan, nth, ownNormal(this.#pace, orders.customer[o]!));
      let day = demand.dayAfter(free, mean * random.exponential());
      if (day >= demand.until) {
        day = free + random.below(Math.max(1, demand.until - free));
        will[i] -= HURRY;
      }
      when[i] = secondOn(day, random);
      if (day < demand.until) able.push(will[i]!);
    }
    able.sort((a, b) => b - a);
    let left = Math.min(count, able.length);
    const threshold = left === 0 ? Infinity : left === able.length ? -Infinity : (able[left - 1]! + able[left]!) / 2;
    const constant = Math.max(threshold, -HURRY / 2);
    for (let o = from; o < until; o++) {
      orders.returns[o] = sigmoid(orders.returns[o]! - constant);
      orders.returnsVisibly[o] = sigmoid(orders.returnsVisibly[o]! - constant);
      if (left === 0 || will[o - from]! < threshold || when[o - from]! >= demand.until * DAY) continue;
      left--;
      const moved = random.chance(0.03);
      const prefix = moved ? prefixIn(map, map.customerCity.draw(random), random) : orders.prefix[o]!;
      this.#order(orders.customer[o]!, when[o - from]!, prefix, o + 1);
    }
  }
}

/** Every city has a customer; the others live where people live. */
function homes(market: Marketplace): Uint32Array {
  const random = new Random(market.seed, 'homes');
  const { map, plan } = market;
  return Uint32Array.from({ length: plan.customers }, (_, u) =>
    prefixIn(map, u < map.customerCities ? u : map.customerCity.draw(random), random),
  );
}

function dealStatuses(plan: Plan, planned: number, random: Random): Uint8Array | null {
  if (plan.statuses === null) return null;
  const codes = new Uint32Array(planned).fill(DELIVERED);
  let at = 0;
  for (const [s, name] of STATUSES.entries()) {
    if (s === DELIVERED) continue;
    const { orders, withoutItems } = plan.statuses[name];
    for (let i = 0; i < orders; i++) codes[at++] = i < withoutItems ? s + BARE : s;
  }
  return Uint8Array.from(random.shuffle(codes));
}

function isEmpty(status: number, random: Random): boolean {
  return status === UNAVAILABLE
    ? random.chance(0.98)
    : status === CANCELED
      ? random.chance(0.26)
      : status === CREATED && random.chance(0.2);
}
