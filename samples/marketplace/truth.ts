// The totals of a marketplace that a right pipeline must reach, counted from what was generated, without any SQL.
import { dateText, dayOfSecond, monthText } from '../core/time.ts';
import { CATEGORIES } from './categories.ts';
import { NO_CATEGORY } from './catalogue.ts';
import { daysLate } from './journey.ts';
import { totalOf, type Marketplace } from './orders.ts';
import { DELIVERED, STATUSES } from './plan.ts';
import { customersTruth, type CustomersTruth } from './rfm.ts';
import { STATES } from './states.ts';
import type { PeopleTruth } from './write-people.ts';
import type { PaymentsTruth } from './write-payments.ts';
import type { ReviewsTruth } from './write-reviews.ts';

export interface MarketplaceTruth {
  orders: {
    rows: number;
    by_status: Record<string, number>;
    delivered: number;
    delivered_without_date: number;
    without_items: number;
    first_purchase_date: string;
    last_purchase_date: string;
  };
  customers: { rows: number; distinct: number; cities: number; state_city_pairs: number; without_place: number };
  order_items: {
    rows: number;
    orders: number;
    price: number;
    freight_value: number;
    unknown_products: number;
    unknown_sellers: number;
  };
  order_payments: {
    rows: number;
    orders: number;
    total: number;
    by_type: Record<string, { rows: number; value: number }>;
    zero_payments: number;
    zero_instalments: number;
  };
  order_reviews: { rows: number; review_ids: number; orders: number; by_score: number[]; mean_of_order_means: number };
  products: {
    rows: number;
    without_category: number;
    categories: number;
    untranslated: number;
    without_measures: number;
    sold: number;
  };
  sellers: { rows: number };
  geolocation: { rows: number; prefixes: number; repeated_rows: number };
  /** Of delivered orders, in the shop's currency; days are differences of local dates. */
  delivered: {
    order_total_value: number;
    price: number;
    freight_value: number;
    items: number;
    timed_orders: number;
    late_orders: number;
    delivery_days: number;
    delivery_delay: number;
    sum_of_review_means: number;
    reviewed: number;
    payments_unknown: number;
    orders_by_month: Record<string, number>;
    value_by_month: Record<string, number>;
    /** Σ price by English name, else original, else `unknown`. */
    price_by_category: Record<string, number>;
    orders_by_state: Record<string, number>;
  };
  customer_metrics: CustomersTruth;
  /** Rows that tables must have. */
  table_rows: Record<string, number>;
}

export interface WrittenTruth {
  people: PeopleTruth;
  payments: PaymentsTruth;
  reviews: ReviewsTruth;
}

export function categoryName(category: number | undefined): string {
  if (category === undefined || category === NO_CATEGORY) return 'unknown';
  const { name, english } = CATEGORIES[category]!;
  return english ?? name;
}

/** @param asOf epoch day, exclusive. */
export function marketplaceTruth(market: Marketplace, written: WrittenTruth, asOf: number): MarketplaceTruth {
  const { orders, map, catalogue, plan } = market;
  const byStatus = new Array<number>(STATUSES.length).fill(0);
  const sold = new Set<number>();
  const cities = new Set<string>();
  const pairs = new Set<number>();
  const months = new Map<string, { orders: number; cents: number }>();
  const categories = new Map<string, number>();
  const states = new Map<string, number>();
  const days = { first: Infinity, last: 0 };
  const all = { price: 0, freight: 0, unknownProducts: 0, unknownSellers: 0, withItems: 0 };
  const done = {
    orders: 0,
    undated: 0,
    cents: 0,
    price: 0,
    freight: 0,
    items: 0,
    late: 0,
    days: 0,
    delay: 0,
    reviews: 0,
    reviewed: 0,
  };
  for (let o = 0; o < orders.count; o++) {
    byStatus[orders.status[o]!]!++;
    const day = dayOfSecond(orders.purchased[o]!);
    days.first = Math.min(days.first, day);
    days.last = Math.max(days.last, day);
    const city = map.prefixCity[orders.prefix[o]!]!;
    cities.add(map.cityName[city]!);
    pairs.add(city);
    const from = orders.firstItem[o]!;
    const to = orders.firstItem[o + 1]!;
    if (from < to) all.withItems++;
    const isDelivered = orders.status[o] === DELIVERED;
    for (let i = from; i < to; i++) {
      const product = orders.itemProduct[i]!;
      const category = categoryName(catalogue.category[product]);
      all.price += orders.itemPrice[i]!;
      all.freight += orders.itemFreight[i]!;
      if (product >= catalogue.category.length) all.unknownProducts++;
      else sold.add(product);
      if (orders.itemSeller[i]! >= catalogue.sellerPrefix.length) all.unknownSellers++;
      if (!isDelivered) continue;
      done.price += orders.itemPrice[i]!;
      done.freight += orders.itemFreight[i]!;
      categories.set(category, (categories.get(category) ?? 0) + orders.itemPrice[i]!);
    }
    if (!isDelivered) continue;
    const cents = totalOf(orders, o);
    done.orders++;
    done.cents += cents;
    done.items += to - from;
    const month = months.get(monthText(day)) ?? { orders: 0, cents: 0 };
    months.set(monthText(day), { orders: month.orders + 1, cents: month.cents + cents });
    const state = STATES[map.cityState[city]!]!.code;
    states.set(state, (states.get(state) ?? 0) + 1);
    const delay = daysLate(market, o);
    if (delay === null) done.undated++;
    else {
      if (delay > 0) done.late++;
      done.days += dayOfSecond(orders.delivered[o]!) - day;
      done.delay += delay;
    }
    const mean = written.reviews.meanOfOrder[o]!;
    if (!Number.isNaN(mean)) {
      done.reviews += mean;
      done.reviewed++;
    }
  }
  const used = new Set(catalogue.category);
  used.delete(NO_CATEGORY);
  const bare = catalogue.category.reduce((count, category) => count + (category === NO_CATEGORY ? 1 : 0), 0);
  const { people, payments, reviews } = written;
  return {
    orders: {
      rows: orders.count,
      by_status: Object.fromEntries(STATUSES.map((status, s) => [status, byStatus[s]!])),
      delivered: done.orders,
      delivered_without_date: done.undated,
      without_items: orders.count - all.withItems,
      first_purchase_date: dateText(days.first),
      last_purchase_date: dateText(days.last),
    },
    customers: {
      rows: orders.count,
      distinct: plan.customers,
      cities: cities.size,
      state_city_pairs: pairs.size,
      without_place: people.customersWithoutPlace,
    },
    order_items: {
      rows: orders.firstItem[orders.count]!,
      orders: all.withItems,
      price: all.price / 100,
      freight_value: all.freight / 100,
      unknown_products: all.unknownProducts,
      unknown_sellers: all.unknownSellers,
    },
    order_payments: {
      rows: payments.rows,
      orders: payments.orders,
      total: payments.total / 100,
      by_type: Object.fromEntries(
        Object.entries(payments.byType)
          .sort()
          .map(([type, { rows, cents }]) => [type, { rows, value: cents / 100 }]),
      ),
      zero_payments: payments.zeroPayments,
      zero_instalments: payments.zeroInstalments,
    },
    order_reviews: {
      rows: reviews.rows,
      review_ids: reviews.ids,
      orders: reviews.orders,
      by_score: reviews.scores,
      mean_of_order_means: reviews.sumOfOrderMeans / reviews.orders,
    },
    products: {
      rows: catalogue.category.length,
      without_category: bare,
      categories: used.size,
      untranslated: [...used].filter((c) => CATEGORIES[c]!.english === null).length,
      without_measures: catalogue.weight.reduce((count, weight) => count + (weight < 0 ? 1 : 0), 0),
      sold: sold.size,
    },
    sellers: { rows: catalogue.sellerPrefix.length },
    geolocation: { rows: plan.geolocation.rows, prefixes: people.prefixes, repeated_rows: people.repeatedPlaces },
    delivered: {
      order_total_value: done.cents / 100,
      price: done.price / 100,
      freight_value: done.freight / 100,
      items: done.items,
      timed_orders: done.orders - done.undated,
      late_orders: done.late,
      delivery_days: done.days,
      delivery_delay: done.delay,
      sum_of_review_means: done.reviews,
      reviewed: done.reviewed,
      payments_unknown: plan.withoutPayment,
      orders_by_month: Object.fromEntries([...months].sort().map(([month, { orders: count }]) => [month, count])),
      value_by_month: Object.fromEntries([...months].sort().map(([month, { cents }]) => [month, cents / 100])),
      price_by_category: Object.fromEntries([...categories].sort().map(([name, cents]) => [name, cents / 100])),
      orders_by_state: Object.fromEntries([...states].sort()),
    },
    customer_metrics: customersTruth(market, asOf),
    table_rows: {
      'silver.orders': orders.count,
      'silver.order_items': orders.firstItem[orders.count]!,
      'silver.order_payments': payments.orders,
      'silver.order_reviews': reviews.orders,
      'silver.geolocation': people.prefixes,
      'silver.orders_master': done.orders,
      'silver.products': catalogue.category.length,
      'silver.sellers': catalogue.sellerPrefix.length,
      'gold.customer_metrics': plan.customers,
      'gold.product_metrics': catalogue.category.length,
      'gold.category_metrics': new Set([...catalogue.category].map(categoryName)).size,
      'gold.geographic_metrics': pairs.size,
      'gold.daily_metrics': asOf - days.first,
      'gold.monthly_metrics': monthsBetween(days.first, asOf - 1),
      'gold.seller_metrics': catalogue.sellerPrefix.length,
    },
  };
}

function monthsBetween(first: number, last: number): number {
  const [a, b] = [monthText(first), monthText(last)];
  return (Number(b.slice(0, 4)) - Number(a.slice(0, 4))) * 12 + Number(b.slice(5)) - Number(a.slice(5)) + 1;
}
