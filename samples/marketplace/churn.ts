// The true probability that a customer does not come back, against what happened: the ceiling of a churn model.
import { exp } from '../core/numbers.ts';
import { QualityMeter, type Quality } from '../core/quality.ts';
import { keyOf } from '../core/random.ts';
import { DAY, dateText } from '../core/time.ts';
import { ownNormal, paceAfter } from './history.ts';
import type { Marketplace } from './orders.ts';

export interface ChurnTruth {
  about: string;
  as_of: string;
  horizon_days: number;
  /** Everything known: how loyal and how quick the customer is, and when the last order will arrive. */
  oracle: Quality;
  /** Only what leaves traces: score, lateness, category, recency, number of orders. */
  visible: Quality;
}

const HORIZON = 90;

/** @param asOf epoch day, exclusive; labels are from there on. */
export function churnTruth(market: Marketplace, asOf: number): ChurnTruth {
  const { orders, plan, seed } = market;
  const pace = keyOf(seed, 'pace');
  const latest = new Uint32Array(plan.customers);
  const nth = new Uint16Array(plan.customers);
  const came = new Uint8Array(plan.customers);
  for (let o = 0; o < orders.count; o++) {
    const u = orders.customer[o]!;
    if (orders.purchased[o]! < asOf * DAY) {
      nth[u]!++;
      latest[u] = o + 1;
    } else if (orders.purchased[o]! < (asOf + HORIZON) * DAY) came[u] = 1;
  }
  const oracle = new QualityMeter();
  const visible = new QualityMeter();
  for (let u = 0; u < plan.customers; u++) {
    if (latest[u] === 0) continue;
    const o = latest[u]! - 1;
    const churned = came[u] === 0;
    oracle.add(
      1 - comesBack(market, orders.returns[o]!, orders.free[o]!, paceAfter(plan, nth[u]!, ownNormal(pace, u)), asOf),
      churned,
    );
    visible.add(1 - comesBack(market, orders.returnsVisibly[o]!, orders.free[o]!, paceAfter(plan, nth[u]!, 0), asOf), churned);
  }
  return {
    about:
      `churned = no order of any status in the ${HORIZON} days from as_of on, of customers with an order before; ` +
      'P(comes back in the horizon | not yet) = p (exp(-a) - exp(-b)) / (1 - p + p exp(-a)), a and b the clock from the day ' +
      'the customer is free until as_of and until the horizon, over the mean',
    as_of: dateText(asOf),
    horizon_days: HORIZON,
    oracle: oracle.result(),
    visible: visible.result(),
  };
}

function comesBack({ plan: { demand } }: Marketplace, ever: number, free: number, mean: number, asOf: number): number {
  const start = demand.clockAt(Math.max(free, demand.from));
  const until = (day: number) => exp(-Math.max(0, demand.clockAt(day) - start) / mean);
  const silent = until(asOf);
  return (ever * (silent - until(asOf + HORIZON))) / (1 - ever + ever * silent);
}
