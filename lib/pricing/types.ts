// What a price is made from, and what comes out. Prices are in the shop's currency, in whole numbers of its smallest unit.

/** What is known of an item when its price is asked for. */
export interface PriceSituation {
  sku: string;
  category: string;
  /** What it costs the customer now, above 0. */
  currentPrice: number;
  /** What it cost when the day began, where that was something else: the cap of a day's change counts from there. */
  dayStartPrice?: number;
  /** What it cost on average lately; default: the current price. */
  usualPrice?: number;
  /** What a piece costs the shop; undefined where no supplier's cost is known. */
  cost?: number;
  /** Lowest price of a competitor, where one was seen lately. */
  competitorPrice?: number;
  /** Percent change of demand for one percent change of price; negative. */
  elasticity?: number;
  /** Buyers of lately for one viewer: 0 to 1, and above where some bought without a look. */
  historicalConversionRate?: number;
  /** 0 to 1: how far it draws other items into baskets. */
  anchorScore?: number;
  /** Who asks, so that a policy that tries prices shows one visitor the same one again. */
  unit?: string;
}

/** A price that a policy would like, before the guardrails. */
export interface ProposedPrice {
  price: number;
  reason: string;
  /** Of a bandit: which of its prices it tries, relative to the base price. */
  arm?: number;
}

/** What the guardrails make of a price: a policy that compares prices compares those that may be asked. */
export type AllowedPrice = (price: number) => number;

/** Rule, model and bandit answer alike. */
export interface PricePolicy {
  name: string;
  /** Of the model behind it, as `price 3`; undefined where there is none. */
  version?: string;
  propose(situation: PriceSituation, allowed: AllowedPrice): ProposedPrice;
}

/** What kept a price from being what the policy proposed. */
export type Limit =
  | 'policy_failed' // it threw, or proposed what is no price: the current one counts as proposed
  | 'blocked' // the item is on the map of those whose price nobody changes
  | 'margin_floor'
  | 'cost_unknown' // without a cost no price is lowered
  | 'daily_change'
  | 'ending'
  | 'margin_floor_not_reached'; // the floor is further away than one day may go: so far today

export interface GuardedPrice { price: number; proposed: number; reason: string; policy: string; limits: Limit[]; arm?: number }
