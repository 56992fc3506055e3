// A price list: what every item costs from a moment on, by a policy, within the guardrails.
import { MillraceError } from '../base/index.ts';
import { guardedPrice, hasPrice, type Guardrails } from './guardrails.ts';
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

/**
 * Prices of all situations that have a price to start from, in their order. An item for which the policy fails keeps its price, as far as the guardrails let it, marked
 * `policy_failed`; the others have theirs.
 *
 * @throws MillraceError `bad_input` where the policy fails for every item that it was asked for: then it is the policy, and the list before is the better one
 */
export function priceList(situations: Iterable<PriceSituation>, policy: PricePolicy, guardrails: Guardrails): ListedPrice[] {
  const listed = [...situations].filter((situation) => hasPrice(situation, guardrails)).map((situation) => {
    const { price, reason, limits } = guardedPrice(policy, situation, guardrails);
    return { productId: situation.sku, category: situation.category, price, previousPrice: situation.dayStartPrice ?? situation.currentPrice, reason, limits };
  });
  const asked = listed.filter(({ limits }) => !limits.includes('blocked'));
  if (asked.length > 0 && asked.every(({ limits }) => limits.includes('policy_failed'))) {
    throw new MillraceError('bad_input', `no list is made: the policy ${policy.name} fails for all ${asked.length} items; of ${asked[0]!.productId}: ${asked[0]!.reason}`, { where: `price policy ${policy.name}`, todo: 'Mend the policy, or name another: millrace prices compute --policy rule. The list before holds on.' });
  }
  return listed;
}
