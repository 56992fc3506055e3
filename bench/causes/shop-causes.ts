// What the generator of the sample shop knows of its products: their ids, what people are drawn to, and what each product's chance of being sold next is.
import { makeMarketplace } from '../../samples/marketplace/history.ts';
import { priceEffect } from '../../samples/marketplace/baskets.ts';
import { CATEGORIES, SEASONS } from '../../samples/marketplace/categories.ts';
import { NO_CATEGORY, priceKey, priceLevel } from '../../samples/marketplace/catalogue.ts';
import { MarketIds } from '../../samples/marketplace/ids.ts';
import { shopPlan } from '../../samples/marketplace/plan.ts';
import { civilOf } from '../../samples/core/time.ts';

export interface ShopCauses {
  /** product_id by number. */
  products: readonly string[];
  /** On an epoch day, how much people look at each product: popularity and season. */
  drawnOn(day: number): Float64Array;
  /** Of the days from an epoch day on, each product's share of what is sold: that times the effect of its price. */
  shareOf(day: number, days: number): Float64Array;
}

export function shopCauses(seed: number, scale: number): ShopCauses {
  const { catalogue } = makeMarketplace(seed, shopPlan(scale));
  const ids = new MarketIds(seed);
  const prices = priceKey(seed);
  const categoryOf = (product: number): number => catalogue.category[product] ?? NO_CATEGORY;
  const drawnOn = (day: number): Float64Array => catalogue.popularity.map((weight, product) => {
    const category = categoryOf(product);
    return weight * (category === NO_CATEGORY ? 1 : SEASONS[CATEGORIES[category]!.season][civilOf(day).month - 1]!);
  });
  return {
    products: Array.from(catalogue.popularity, (_, product) => ids.product.text(product)), drawnOn,
    shareOf(from, days) {
      const sums = new Float64Array(catalogue.popularity.length);
      for (let day = from; day < from + days; day += 1) drawnOn(day).forEach((weight, product) => (sums[product]! += weight * priceEffect(categoryOf(product), priceLevel(prices, product, day))));
      const total = sums.reduce((sum, value) => sum + value, 0);
      return sums.map((value) => value / total);
    },
  };
}
