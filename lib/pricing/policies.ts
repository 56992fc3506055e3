// Three ways to find a price: rules that a merchant reads, a model of demand, and a bandit that learns.
import type { PricePolicy, PriceSituation } from './types.ts';

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

/**
 * The price that earns most at constant elasticity ε: cost × ε / (1 + ε) for ε < −1 (the inverse-elasticity rule). Where demand hardly answers (ε ≥ −1.05) there
 * is no such price, and the model proposes the highest that the guardrails of the day will let through.
 */
export function modelPolicy(): PricePolicy {
  return {
    name: 'model',
    propose({ currentPrice, cost, elasticity }) {
      if (cost === undefined || elasticity === undefined) return { price: currentPrice, reason: 'its cost or its elasticity is not known' };
      if (elasticity > -1.05) return { price: currentPrice * 2, reason: `demand hardly answers to its price (elasticity ${elasticity.toFixed(2)})` };
      return { price: (cost * elasticity) / (1 + elasticity), reason: `earns most at an elasticity of ${elasticity.toFixed(2)}` };
    },
  };
}

/** What is known of an arm: a price relative to the base price, how often it was shown, and how often it was bought. */
export interface Arm { factor: number; shown: number; bought: number }

/**
 * Thompson sampling (1933; Chapelle and Li 2011): a conversion rate is drawn for every arm from Beta(1 + bought, 1 + shown − bought), and the arm with
 * the greatest drawn profit per view is proposed.
 * @param armsOf the item's arms around its base price
 * @param random uniform on [0, 1); seeded, or of the crypto module
 */
export function banditPolicy({ basePrice, armsOf, random }: {
  basePrice: (situation: PriceSituation) => number; armsOf: (sku: string) => readonly Arm[]; random: () => number;
}): PricePolicy {
  return {
    name: 'bandit',
    propose(situation) {
      const arms = armsOf(situation.sku);
      if (arms.length === 0) return { price: situation.currentPrice, reason: 'it has no arms' };
      const base = basePrice(situation);
      const drawn = arms.map(({ factor, shown, bought }) => {
        const price = base * factor;
        return { factor, price, profit: (price - (situation.cost ?? 0)) * betaSample(1 + bought, 1 + Math.max(0, shown - bought), random) };
      });
      const best = drawn.reduce((winner, arm) => (arm.profit > winner.profit ? arm : winner));
      return { price: best.price, reason: `arm ${best.factor} of its base price` };
    },
  };
}

function betaSample(a: number, b: number, random: () => number): number {
  const x = gammaSample(a, random);
  return x / (x + gammaSample(b, random));
}

/** Marsaglia and Tsang (2000), for shapes of 1 and more. */
function gammaSample(shape: number, random: () => number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
