// The price that earns most: by the trained demand of the item where there is one, else by its elasticity.
import type { DemandCurve } from '../demand-curve.ts';
import type { AllowedPrice, PricePolicy, PriceSituation, ProposedPrice } from '../types.ts';

export interface ModelSettings {
  /** Prices are looked at from so many percent below the usual price to so many above: what the model has seen, and not beyond. */
  reachPercent: number;
  /** A price is changed for at least so much more of the expected profit, in percent: less is the model's noise. */
  leastGainPercent: number;
}

/** Demand by item, from the version of the `price` predictor that answers; `demandOf` gives undefined for an item that it does not know. */
export interface DemandModel { version: string; demandOf(sku: string): DemandCurve | undefined }

export const MODEL_SETTINGS: ModelSettings = Object.freeze({ reachPercent: 15, leastGainPercent: 1 });

const STEPS = 60;

export function modelPolicy({ reachPercent, leastGainPercent }: ModelSettings = MODEL_SETTINGS, demand?: DemandModel): PricePolicy {
  return {
    name: 'model', ...(demand === undefined ? {} : { version: demand.version }),
    propose(situation, allowed) {
      const curve = demand?.demandOf(situation.sku);
      if (situation.cost === undefined) return { price: situation.currentPrice, reason: 'its cost is not known' };
      return curve === undefined ? byElasticity(situation, reachPercent) : byDemand(situation, situation.cost, curve, allowed, { reachPercent, leastGainPercent });
    },
  };
}

/** Of the prices that may be asked, around the usual one, that with the greatest (price − cost) × demand. */
function byDemand({ currentPrice, usualPrice = currentPrice }: PriceSituation, cost: number, curve: DemandCurve, allowed: AllowedPrice, { reachPercent, leastGainPercent }: ModelSettings): ProposedPrice {
  const tried = Array.from({ length: STEPS + 1 }, (_, step) => allowed(usualPrice * (1 + (reachPercent / 100) * ((2 * step) / STEPS - 1))));
  const prices = [...new Set(tried)].filter((price) => Math.abs(price / usualPrice - 1) <= reachPercent / 100 + 0.01);
  const stays = allowed(currentPrice);
  const units = curve([stays, ...prices]);
  const profitNow = (stays - cost) * units[0]!;
  const best = prices.reduce((chosen, price, index) => {
    const profit = (price - cost) * units[index + 1]!;
    return profit > chosen.profit ? { price, profit, units: units[index + 1]! } : chosen;
  }, { price: stays, profit: profitNow, units: units[0]! });
  if (!(best.profit > profitNow + Math.abs(profitNow) * (leastGainPercent / 100))) return { price: stays, reason: 'no other price earns enough more' };
  return { price: best.price, reason: `earns most of what the demand model expects: ${best.units.toFixed(2)} pieces a week, ${units[0]!.toFixed(2)} at ${stays.toFixed(2)}` };
}

/**
 * The price that earns most at constant elasticity ε: cost × ε / (1 + ε) for ε < −1 (the inverse-elasticity rule), as far as the reach lets it: how demand answers is known
 * around the usual price, and an item that hardly answers to it (ε ≥ −1.05) has no such price and would rise day by day without end.
 */
function byElasticity({ currentPrice, usualPrice = currentPrice, cost, elasticity }: PriceSituation, reachPercent: number): ProposedPrice {
  if (cost === undefined || elasticity === undefined) return { price: currentPrice, reason: 'its cost or its elasticity is not known' };
  const [least, most] = [usualPrice * (1 - reachPercent / 100), usualPrice * (1 + reachPercent / 100)];
  if (elasticity > -1.05) return { price: most, reason: `demand hardly answers to its price (elasticity ${elasticity.toFixed(2)})` };
  return { price: Math.min(most, Math.max(least, (cost * elasticity) / (1 + elasticity))), reason: `earns most at an elasticity of ${elasticity.toFixed(2)}` };
}
