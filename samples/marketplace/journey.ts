// What becomes of an order: approval, hand-over, delivery against the promise, and what the customer thinks of it.
import { MARKETPLACE_CAUSES } from '../causes.ts';
import { keyOf, Random, realAt } from '../core/random.ts';
import { DAY, dayOfSecond, monthText } from '../core/time.ts';
import { kilometres } from './geography.ts';
import type { Marketplace } from './orders.ts';
import { APPROVED, CANCELED, CREATED, DELIVERED, INVOICED, PROCESSING, SHIPPED, UNAVAILABLE } from './plan.ts';

const { delivery, review } = MARKETPLACE_CAUSES;

/** Boletos are paid a day or more later; the payments file asks the same. */
const BOLETO_SHARE = 0.194;

export function paysByBoleto(key: number, order: number): boolean {
  return realAt(key, order) < BOLETO_SHARE;
}

export function boletoKey(seed: number): number {
  return keyOf(seed, 'boleto');
}

/** Days late, negative early; null if it never came. */
export function daysLate(market: Marketplace, o: number): number | null {
  const { delivered, estimated } = market.orders;
  return delivered[o] === 0 ? null : dayOfSecond(delivered[o]!) - estimated[o]!;
}

export class Journeys {
  readonly #market: Marketplace;
  readonly #random: Random;
  readonly #boleto: number;
  readonly #congestion = new Map<number, number>();

  constructor(market: Marketplace) {
    this.#market = market;
    this.#random = new Random(market.seed, 'journeys');
    this.#boleto = boletoKey(market.seed);
  }

  /**
   * Fills in everything that happens after the purchase of order `o`, whose first item (or what it would have been) is `product`.
   * @param dealt its status, or null where the end of the window decides.
   */
  run(o: number, product: number, items: number, dealt: number | null): void {
    const { orders, plan, catalogue } = this.#market;
    const random = this.#random;
    const seller = catalogue.seller[product]!;
    const bought = orders.purchased[o]!;
    const { transit, handling, promise } = delivery;
    const road =
      transit.base +
      kilometres(this.#market.map, catalogue.sellerPrefix[seller]!, orders.prefix[o]!) / transit.kilometres_per_day;
    const crowd = this.#congestionOn(dayOfSecond(bought));

    const approved =
      bought +
      (paysByBoleto(this.#boleto, o)
        ? Math.round((0.6 + 0.8 * random.exponential()) * DAY)
        : 120 + Math.round(900 * random.exponential()));
    const carrier = approved + Math.round(random.logNormal(catalogue.handlingDays[seller]! * crowd, handling.sigma) * DAY);
    const arrival = carrier + Math.round(random.logNormal(road * crowd, transit.sigma) * DAY);
    const estimated =
      dayOfSecond(bought) +
      Math.round(promise.base + catalogue.handlingDays[seller]! + promise.transit * road + promise.spread * random.real());
    orders.estimated[o] = estimated;

    const fate = random.real();
    const status = dealt ?? this.#statusAtEnd(fate, approved, carrier, arrival);
    orders.status[o] = status;
    const known = (time: number) => Math.min(time, plan.end - (this.#random.uint() % (2 * DAY)));
    const isApproved = status !== CREATED && !(status === CANCELED && fate < 0.22);
    const isSent = status === SHIPPED || status === DELIVERED || (status === CANCELED && isApproved && fate < 0.35);
    if (isApproved) orders.approved[o] = Math.max(bought, Math.min(approved, plan.end));
    if (isSent) orders.carrier[o] = Math.max(orders.approved[o]!, known(carrier));
    if (status === DELIVERED) orders.delivered[o] = Math.max(orders.carrier[o]!, known(arrival));

    const late = status === DELIVERED ? dayOfSecond(orders.delivered[o]!) - estimated : 0;
    const satisfaction =
      review.offset +
      review.product * catalogue.quality[product]! +
      review.seller * catalogue.sellerQuality[seller]! +
      review.late * Math.min(review.late_cap, Math.max(0, late)) +
      review.early * Math.min(15, Math.max(0, -late)) +
      (status === DELIVERED ? 0 : review.undelivered) +
      (items > 1 ? review.many_items : 0) +
      random.logistic();
    orders.score[o] = 1 + review.cuts.filter((cut) => satisfaction > cut).length;
    orders.free[o] = 1 + (status === DELIVERED ? dayOfSecond(orders.delivered[o]!) : estimated);
  }

  #statusAtEnd(fate: number, approved: number, carrier: number, arrival: number): number {
    const { end } = this.#market.plan;
    if (fate < 0.012) return CANCELED;
    if (fate > 0.994) return UNAVAILABLE;
    if (approved > end) return CREATED;
    if (carrier > end) return fate < 0.3 ? APPROVED : fate < 0.6 ? INVOICED : PROCESSING;
    return arrival > end ? SHIPPED : DELIVERED;
  }

  #congestionOn(day: number): number {
    let factor = this.#congestion.get(day);
    if (factor === undefined) this.#congestion.set(day, (factor = delivery.congestion[monthText(day)] ?? 1));
    return factor;
  }
}
