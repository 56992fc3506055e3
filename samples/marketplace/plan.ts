// How big a marketplace is: the published cardinalities of Olist at any scale, and the small shop.
import { scaled } from '../core/quota.ts';
import { DAY, dayOf } from '../core/time.ts';
import type { CatalogueSize } from './catalogue.ts';
import { Demand, growing } from './demand.ts';
import type { MapSize } from './geography.ts';

export const STATUSES = [
  'created',
  'approved',
  'invoiced',
  'processing',
  'shipped',
  'delivered',
  'unavailable',
  'canceled',
] as const;
export type Status = (typeof STATUSES)[number];

export const CREATED = 0;
export const APPROVED = 1;
export const INVOICED = 2;
export const PROCESSING = 3;
export const SHIPPED = 4;
export const DELIVERED = 5;
export const UNAVAILABLE = 6;
export const CANCELED = 7;

export interface Plan {
  map: MapSize;
  catalogue: CatalogueSize;
  geolocation: { rows: number; duplicates: number };
  customers: number;
  /** Orders by how manieth purchase of their customer, as long as so many can still come back. */
  generations: readonly number[];
  /** Mean days on the clock from delivery to a return. */
  returnDays: number;
  /** Exact numbers of orders a status, and of those without items; null: what had happened when the window ended. */
  statuses: Readonly<Record<Status, { orders: number; withoutItems: number }>> | null;
  deliveredWithoutDate: number;
  /** Rows of items and payments above one an order. */
  extraItems: number;
  extraPayments: number;
  withoutPayment: number;
  zeroPayments: number;
  zeroInstalments: number;
  withoutReview: number;
  secondReviews: number;
  sharedReviewIds: number;
  demand: Demand;
  /** Local seconds: the first and the last purchase, and the end of everything. */
  firstPurchase: number;
  lastPurchase: number;
  /** Cancelled orders of the weeks in which the marketplace was closing. */
  stragglers: number;
  end: number;
}

const END = dayOf(2018, 10, 18) * DAY - 1;
const CLOSED = dayOf(2018, 8, 30);

/** Customers who bought at least twice, three times, … (in a marketplace with 96,096 of them). */
const REPEATS = [2997, 264, 54, 20, 7, 2, 1];

/** Olist as published; the map stops growing at scale 1. */
export function olistPlan(scale: number): Plan {
  const orders = scaled(99_441, scale);
  const customers = Math.min(scaled(96_096, scale), orders);
  const generations = [customers];
  let left = orders - customers;
  for (const count of REPEATS) {
    const some = Math.min(left, Math.round(count * scale), generations.at(-1)!);
    generations.push(some);
    left -= some;
  }
  generations[1]! += left;
  const of = (count: number, withoutItems = 0) => ({
    orders: scaled(count, scale),
    withoutItems: Math.min(scaled(count, scale), scaled(withoutItems, scale)),
  });
  const statuses = {
    created: of(5, 5),
    approved: of(2),
    invoiced: of(314, 2),
    processing: of(301),
    shipped: of(1107, 1),
    delivered: of(0),
    unavailable: of(609, 603),
    canceled: of(625, 164),
  };
  const rest = Object.values(statuses).reduce((sum, s) => sum + s.orders, 0);
  statuses.delivered = { orders: orders - rest, withoutItems: 0 };
  const withItems = orders - Object.values(statuses).reduce((sum, s) => sum + s.withoutItems, 0);
  const withoutPayment = scaled(1, scale);
  const withoutReview = scaled(768, scale);
  const products = Math.max(200, scaled(32_951, scale));
  const small = Math.min(1, scale);
  return {
    map: { prefixes: scaled(19_015, small), cityNames: scaled(4_119, small), cityPairs: scaled(4_310, small) },
    catalogue: {
      products,
      withoutCategory: scaled(610, scale),
      withoutMeasures: 2,
      withoutWeight: 4,
      sellers: scaled(3_095, scale),
    },
    geolocation: { rows: scaled(1_000_163, scale), duplicates: scaled(261_831, scale) },
    customers,
    generations,
    returnDays: 90,
    statuses,
    deliveredWithoutDate: scaled(8, scale),
    extraItems: Math.max(0, scaled(112_650, scale) - withItems),
    extraPayments: Math.max(0, scaled(103_886, scale) - (orders - withoutPayment)),
    withoutPayment,
    zeroPayments: scaled(9, scale),
    zeroInstalments: scaled(2, scale),
    withoutReview,
    secondReviews: Math.max(0, scaled(99_224, scale) - (orders - withoutReview)),
    sharedReviewIds: scaled(814, scale),
    demand: new Demand(dayOf(2016, 9, 4), CLOSED, olistGrowth),
    firstPurchase: dayOf(2016, 9, 4) * DAY + 21 * 3600 + 15 * 60 + 19,
    lastPurchase: dayOf(2018, 10, 17) * DAY + 17 * 3600 + 30 * 60 + 18,
    stragglers: Math.min(scaled(20, scale), statuses.canceled.orders - statuses.canceled.withoutItems),
    end: END,
  };
}

/** A trickle in autumn 2016, a first week of October, then growth from January 2017 to January 2018. */
function olistGrowth(day: number): number {
  if (day < dayOf(2016, 10, 2)) return 0.0007;
  if (day <= dayOf(2016, 10, 10)) return 0.17;
  if (day < dayOf(2017, 1, 5)) return day === dayOf(2016, 12, 23) ? 0.005 : 0;
  return growing(dayOf(2017, 1, 5), dayOf(2018, 1, 5), 0.17)(day);
}

/** Share of a shop's customers with so many orders who order once more. */
const RETURNS = [0.66, 0.64, 0.62, 0.6, 0.57, 0.54, 0.5, 0.46, 0.42, 0.38, 0.34, 0.3];

/** A shop that a laptop goes through in seconds, and whose customers come back often enough to learn from. */
export function shopPlan(scale: number): Plan {
  const customers = Math.max(60, scaled(1_650, scale));
  const generations = [customers];
  for (const share of RETURNS) generations.push(Math.round(generations.at(-1)! * share));
  const orders = generations.reduce((sum, count) => sum + count, 0);
  const share = (of: number) => Math.max(1, Math.round(orders * of));
  return {
    map: {
      prefixes: Math.max(160, Math.min(19_015, scaled(420, scale))),
      cityNames: Math.max(70, Math.min(4_119, scaled(140, scale))),
      cityPairs: Math.max(74, Math.min(4_310, scaled(146, scale))),
    },
    catalogue: {
      products: Math.max(200, scaled(600, scale)),
      withoutCategory: scaled(9, scale),
      withoutMeasures: 2,
      withoutWeight: 4,
      sellers: Math.max(8, scaled(60, scale)),
    },
    geolocation: { rows: Math.max(600, scaled(3_000, scale)), duplicates: Math.max(120, scaled(600, scale)) },
    customers,
    generations,
    returnDays: 45,
    statuses: null,
    deliveredWithoutDate: 2,
    extraItems: share(0.24),
    extraPayments: share(0.045),
    withoutPayment: 1,
    zeroPayments: 3,
    zeroInstalments: 2,
    withoutReview: share(0.01),
    secondReviews: share(0.006),
    sharedReviewIds: share(0.008),
    demand: new Demand(dayOf(2017, 1, 2), dayOf(2018, 10, 18), growing(dayOf(2017, 1, 2), dayOf(2018, 7, 1), 0.5)),
    firstPurchase: dayOf(2017, 1, 2) * DAY + 9 * 3600 + 4 * 60 + 11,
    lastPurchase: dayOf(2018, 10, 17) * DAY + 17 * 3600 + 30 * 60 + 18,
    stragglers: 0,
    end: END,
  };
}
