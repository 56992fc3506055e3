// References that point to nothing: items whose product or seller no file has. They are kept, and a warning audit counts them.
import { Random } from '../core/random.ts';
import type { Marketplace } from '../marketplace/orders.ts';

/** One item in ten defects loses its product, another one its seller. */
export function plantOrphans(market: Marketplace, defectRate: number): void {
  if (defectRate <= 0) return;
  const { orders, catalogue } = market;
  const random = new Random(market.seed, 'orphans');
  const items = orders.firstItem[orders.count]!;
  const some = Math.max(1, Math.round((items * defectRate) / 10));
  for (let k = 0; k < some; k++) {
    orders.itemProduct[random.below(items)] = catalogue.category.length + k;
    orders.itemSeller[random.below(items)] = catalogue.sellerPrefix.length + k;
  }
}
