// The marketplace's facts, column by column: an entry an order, an item, a customer.
import type { Catalogue } from './catalogue.ts';
import type { Geography } from './geography.ts';
import type { Plan } from './plan.ts';

/** Times are local seconds since 1970, 0 for none. */
export interface Orders {
  count: number;
  customer: Uint32Array;
  /** Postcode prefix of the customer at that order. */
  prefix: Uint32Array;
  /** Index into STATUSES. */
  status: Uint8Array;
  purchased: Int32Array;
  approved: Int32Array;
  carrier: Int32Array;
  delivered: Int32Array;
  /** Epoch day. */
  estimated: Int32Array;
  score: Uint8Array;
  /** Local day from which the customer may come back. */
  free: Int32Array;
  /** The customer's order before, + 1; 0 for none. */
  previous: Uint32Array;
  /** True probability that the customer ever comes back after it; knowing how loyal they are, and not knowing it. */
  returns: Float32Array;
  returnsVisibly: Float32Array;
  /** Items of order o: firstItem[o] … firstItem[o + 1] − 1. */
  firstItem: Uint32Array;
  itemProduct: Uint32Array;
  itemSeller: Uint32Array;
  /** Cents. */
  itemPrice: Int32Array;
  itemFreight: Int32Array;
}

export interface Marketplace {
  seed: number;
  plan: Plan;
  map: Geography;
  catalogue: Catalogue;
  orders: Orders;
}

export function emptyOrders(orders: number, items: number): Orders {
  return {
    count: 0,
    customer: new Uint32Array(orders),
    prefix: new Uint32Array(orders),
    status: new Uint8Array(orders),
    purchased: new Int32Array(orders),
    approved: new Int32Array(orders),
    carrier: new Int32Array(orders),
    delivered: new Int32Array(orders),
    estimated: new Int32Array(orders),
    score: new Uint8Array(orders),
    free: new Int32Array(orders),
    previous: new Uint32Array(orders),
    returns: new Float32Array(orders),
    returnsVisibly: new Float32Array(orders),
    firstItem: new Uint32Array(orders + 1),
    itemProduct: new Uint32Array(items),
    itemSeller: new Uint32Array(items),
    itemPrice: new Int32Array(items),
    itemFreight: new Int32Array(items),
  };
}

/** Σ(price + freight) of an order, in cents. */
export function totalOf(orders: Orders, o: number): number {
  let total = 0;
  for (let i = orders.firstItem[o]!; i < orders.firstItem[o + 1]!; i++) total += orders.itemPrice[i]! + orders.itemFreight[i]!;
  return total;
}
