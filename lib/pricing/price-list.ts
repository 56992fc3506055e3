// A price list: what every item costs from a moment on, by a policy, within the guardrails.
import { guardedPrice, type Guardrails } from './guardrails.ts';
import type { Limit, PricePolicy, PriceSituation } from './types.ts';

/** A row of `gold.prices`. */
export interface ListedPrice {
  productId: string;
  category: string;
  price: number;
  /** What it cost when the day began on which the list was made. */
  previousPrice: number;
  reason: string;
  limits: readonly Limit[];
}

/** What the list before says of an item. */
export interface EarlierPrice {
  price: number;
  previousPrice: number;
  /** Business date on which it was made. */
  day: string;
}

/**
 * The situation as the list before leaves it. Whoever makes two lists on one day moves a price by one day's cap and not by two: the cap counts from what it was
 * when the day began. A list that no longer holds says nothing; then the price is what the item was last sold for.
 */
export function since(situation: PriceSituation, earlier: EarlierPrice | undefined, day: string): PriceSituation {
  if (earlier === undefined) return situation;
  return { ...situation, currentPrice: earlier.price, dayStartPrice: earlier.day === day ? earlier.previousPrice : earlier.price };
}

/** Prices of all situations, in their order. */
export function priceList(situations: Iterable<PriceSituation>, policy: PricePolicy, guardrails: Guardrails): ListedPrice[] {
  return Array.from(situations, (situation) => {
    const { price, reason, limits } = guardedPrice(policy, situation, guardrails);
    return { productId: situation.sku, category: situation.category, price, previousPrice: situation.dayStartPrice ?? situation.currentPrice, reason, limits };
  });
}
