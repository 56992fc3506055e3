// What a price is made from, and what comes out. Prices are in the shop's currency, in whole hundredths.

/** What is known of an item when its price is asked for. */
export interface PriceSituation {
  sku: string;
  category: string;
  /** What it costs the customer now, above 0. */
  currentPrice: number;
  /** What a piece costs the shop; undefined where no supplier's cost is known. */
  cost?: number;
  /** Lowest price of a competitor, where one was seen lately. */
  competitorPrice?: number;
  /** Percent change of demand for one percent change of price; negative. */
  elasticity?: number;
  /** 0 to 1: how many who viewed it lately bought it. */
  historicalConversionRate?: number;
  /** 0 to 1: how far it draws other items into baskets. */
  anchorScore?: number;
}

/** A price that a policy would like, before the guardrails. */
export interface ProposedPrice { price: number; reason: string }

/** Rule, model and bandit answer alike. */
export interface PricePolicy {
  name: string;
  propose(situation: PriceSituation): ProposedPrice;
}

/** What kept a price from being what the policy proposed. */
export type Limit =
  | 'blocked' // the item is on the list of those whose price nobody changes
  | 'margin_floor'
  | 'cost_unknown' // without a cost no price is lowered
  | 'daily_change'
  | 'ending'
  | 'margin_floor_not_reached'; // the floor is further away than one day may go: so far today

export interface GuardedPrice { price: number; proposed: number; reason: string; policy: string; limits: Limit[] }
