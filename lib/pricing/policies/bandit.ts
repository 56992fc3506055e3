// A bandit: it tries prices around the base price, and comes to ask the one that earns most.
import type { PricePolicy, PriceSituation } from '../types.ts';
import { betaSample } from './thompson.ts';

/** What is known of an arm: a price relative to the base price, how often it was shown, and how often it was bought. */
export interface Arm { factor: number; shown: number; bought: number }

export interface BanditParts {
  /** What the arms are relative to; default: the usual price, so that it does not move with every choice. */
  basePrice?: (situation: PriceSituation) => number;
  armsOf: (sku: string) => readonly Arm[];
  /** Uniform on [0, 1), for one answer: seeded by who asks, so that a page that is loaded again shows the same price. */
  random: (situation: PriceSituation) => () => number;
}

const usualPrice = ({ usualPrice: usual, currentPrice }: PriceSituation): number => usual ?? currentPrice;

/**
 * Thompson sampling (1933; Chapelle and Li 2011): a conversion rate is drawn for every arm from Beta(1 + bought, 1 + shown − bought), and the arm with
 * the greatest drawn profit per view is proposed. An arm is judged by the price that the guardrails make of it, since that is what would be asked;
 * arms that come to the same price are one, so that their draws do not outvote the others.
 */
export function banditPolicy({ basePrice = usualPrice, armsOf, random }: BanditParts): PricePolicy {
  return {
    name: 'bandit',
    propose(situation, allowed) {
      const base = basePrice(situation);
      const prices = new Map<number, Arm>();
      for (const arm of armsOf(situation.sku)) {
        const price = allowed(base * arm.factor);
        const same = prices.get(price);
        prices.set(price, same === undefined ? arm : { factor: nearer(price / base, same, arm), shown: same.shown + arm.shown, bought: same.bought + arm.bought });
      }
      if (prices.size === 0) return { price: situation.currentPrice, reason: 'it has no arms' };
      const draw = random(situation);
      const drawn = [...prices].map(([price, { factor, shown, bought }]) => ({
        factor, price, profit: (price - (situation.cost ?? 0)) * betaSample(1 + bought, 1 + Math.max(0, shown - bought), draw),
      }));
      const best = drawn.reduce((winner, arm) => (arm.profit > winner.profit ? arm : winner));
      return { price: best.price, reason: `arm ${best.factor} of its base price`, arm: best.factor };
    },
  };
}

function nearer(factor: number, one: Arm, other: Arm): number {
  return Math.abs(other.factor - factor) < Math.abs(one.factor - factor) ? other.factor : one.factor;
}
