// What a bandit knows of its arms: what was tried and reported back, and, for less, what happened at such prices before.
import type { PricePoint } from './elasticity.ts';
import type { Arm } from './policies/bandit.ts';

/** How often an arm was shown, and how often who saw it bought within the attribution window: `gold.price_arms`. */
export interface ArmFeedback { sku: string; arm: number; shown: number; bought: number }

export interface ArmSources {
  /** Relative to the base price. */
  factors: readonly number[];
  basePrices: ReadonlyMap<string, number>;
  feedback: readonly ArmFeedback[];
  history: readonly PricePoint[];
  /** A view of the past counts as so many that were tried, 0 to 1: those prices were not drawn by lot. */
  historyWeight: number;
}

/** The arms of every item. Feedback of an arm that is no longer tried counts for the nearest within two percent, or not at all. */
export function armsOfItems({ factors, basePrices, feedback, history, historyWeight }: ArmSources): ReadonlyMap<string, readonly Arm[]> {
  const all = new Map([...basePrices.keys()].map((sku) => [sku, factors.map((factor): Arm => ({ factor, shown: 0, bought: 0 }))]));
  const credit = (sku: string, factor: number, shown: number, bought: number): void => {
    const arms = all.get(sku);
    if (arms === undefined || arms.length === 0) return;
    const nearest = arms.reduce((best, arm) => (Math.abs(arm.factor - factor) < Math.abs(best.factor - factor) ? arm : best));
    if (Math.abs(nearest.factor - factor) > 0.02) return;
    nearest.shown += shown;
    nearest.bought += Math.min(bought, shown);
  };
  for (const { sku, arm, shown, bought } of feedback) credit(sku, arm, shown, bought);
  for (const { sku, price, views, units } of history) {
    const base = basePrices.get(sku);
    if (base !== undefined) credit(sku, price / base, views * historyWeight, units * historyWeight);
  }
  return all;
}
