// Recency, frequency and monetary value of customers, their scores, segments and expected value: what a right pipeline must find.
import { dayOfSecond } from '../core/time.ts';
import { totalOf, type Marketplace } from './orders.ts';
import { DELIVERED } from './plan.ts';

export interface CustomersTruth {
  customers: number;
  /** With at least one delivered order. */
  buyers: number;
  /** Sum over customers, in the shop's currency. */
  monetary_value: number;
  clv_12m: number;
  segments: Record<string, number>;
  /** Customers by score, 1 first; those without a delivered order have 1. */
  recency_scores: number[];
  frequency_scores: number[];
  monetary_scores: number[];
  /** Customers by number of delivered orders. */
  by_frequency: Record<string, number>;
}

/** @param asOf epoch day, exclusive. */
export function customersTruth({ orders, plan }: Marketplace, asOf: number): CustomersTruth {
  const frequency = new Int32Array(plan.customers);
  const monetary = new Float64Array(plan.customers);
  const first = new Int32Array(plan.customers).fill(asOf);
  const last = new Int32Array(plan.customers);
  for (let o = 0; o < orders.count; o++) {
    if (orders.status[o] !== DELIVERED) continue;
    const u = orders.customer[o]!;
    const day = dayOfSecond(orders.purchased[o]!);
    frequency[u]!++;
    monetary[u]! += totalOf(orders, o);
    first[u] = Math.min(first[u]!, day);
    last[u] = Math.max(last[u]!, day);
  }
  const buyers = Uint32Array.from(frequency.keys()).filter((u) => frequency[u]! > 0);
  const recencies = Float64Array.from(buyers, (u) => asOf - last[u]!).sort();
  const frequencies = Float64Array.from(buyers, (u) => frequency[u]!).sort();
  const values = Float64Array.from(buyers, (u) => monetary[u]!).sort();
  const n = buyers.length;
  const truth: CustomersTruth = {
    customers: plan.customers,
    buyers: n,
    monetary_value: 0,
    clv_12m: 0,
    segments: {},
    recency_scores: [0, 0, 0, 0, 0],
    frequency_scores: [0, 0, 0, 0, 0],
    monetary_scores: [0, 0, 0, 0, 0],
    by_frequency: {},
  };
  let cents = 0;
  for (let u = 0; u < plan.customers; u++) {
    let [r, f, m] = [1, 1, 1];
    let segment = 'Lost';
    if (frequency[u]! > 0) {
      // Ranks by value: how many are further back, in score order; greater recency is worse.
      r = 1 + Math.floor((5 * (n - below(recencies, asOf - last[u]! + 1))) / n);
      f = 1 + Math.floor((5 * below(frequencies, frequency[u]!)) / n);
      m = 1 + Math.floor((5 * below(values, monetary[u]!)) / n);
      segment = segmentOf(r, Math.floor((f + m + 1) / 2));
      cents += monetary[u]!;
      truth.clv_12m += ((monetary[u]! / 100) * 365) / Math.max(365, asOf - first[u]!);
    }
    truth.recency_scores[r - 1]!++;
    truth.frequency_scores[f - 1]!++;
    truth.monetary_scores[m - 1]!++;
    truth.segments[segment] = (truth.segments[segment] ?? 0) + 1;
    truth.by_frequency[frequency[u]!] = (truth.by_frequency[frequency[u]!] ?? 0) + 1;
  }
  truth.monetary_value = cents / 100;
  return truth;
}

/** How many of the sorted values are smaller. */
function below(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function segmentOf(recency: number, fm: number): string {
  if (recency === 5) return fm >= 4 ? 'Champions' : fm >= 2 ? 'Potential Loyalists' : 'New';
  if (recency === 4) return fm >= 4 ? 'Loyal' : fm >= 2 ? 'Potential Loyalists' : 'Promising';
  if (recency === 3) return fm >= 4 ? 'Loyal' : fm === 3 ? 'Need Attention' : 'About to Sleep';
  return fm === 5 ? 'Cannot Lose' : fm >= 3 ? 'At Risk' : 'Lost';
}
