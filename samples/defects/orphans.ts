// References that point to nothing: items whose product or seller no file has. They are kept, and a warning audit counts them.
import { Random } from '../core/random.ts';
import type { Marketplace } from '../marketplace/orders.ts';
import { DELIVERED } from '../marketplace/plan.ts';

/**
 * For every ten item defects one item loses its product and one its seller. Only items of orders that were not delivered do, so that
 * sums over products and sellers still come to the sums over delivered orders.
 */
export function plantOrphans(market: Marketplace, defectRate: number): void {
  if (defectRate <= 0) return;
  const { orders, catalogue } = market;
  const items: number[] = [];
  for (let o = 0; o < orders.count; o++) {
    if (orders.status[o] === DELIVERED) continue;
    for (let i = orders.firstItem[o]!; i < orders.firstItem[o + 1]!; i++) items.push(i);
  }
  if (items.length === 0) return;
  const random = new Random(market.seed, 'orphans');
  const some = Math.max(1, Math.round((orders.firstItem[orders.count]! * defectRate) / 10));
  for (let k = 0; k < some; k++) {
    orders.itemProduct[random.pick(items)] = catalogue.category.length + k;
    orders.itemSeller[random.pick(items)] = catalogue.sellerPrefix.length + k;
  }
}
