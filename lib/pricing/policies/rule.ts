// A price by rules that a merchant reads.
import type { PricePolicy } from '../types.ts';

export interface RuleSettings {
  /** Margin aimed at where nothing else is known, in percent. */
  targetMarginPercent: number;
  /** How far below the lowest competitor, in percent. */
  undercutPercent: number;
  /** Items that draw others into the basket are offered so much lower at a score of 1, in percent. */
  anchorDiscountPercent: number;
}

/** Cost plus a target margin, not above the lowest competitor, a little lower for items that draw others. */
export function rulePolicy({ targetMarginPercent, undercutPercent, anchorDiscountPercent }: RuleSettings): PricePolicy {
  return {
    name: 'rule',
    propose({ currentPrice, cost, competitorPrice, anchorScore = 0 }) {
      const usual = cost === undefined ? currentPrice : cost / (1 - targetMarginPercent / 100);
      const undercut = competitorPrice === undefined ? Number.POSITIVE_INFINITY : competitorPrice * (1 - undercutPercent / 100);
      const price = Math.min(usual, undercut) * (1 - (anchorDiscountPercent / 100) * anchorScore);
      return { price, reason: undercut < usual ? 'just below the lowest competitor' : cost === undefined ? 'its cost is not known' : 'cost and target margin' };
    },
  };
}
