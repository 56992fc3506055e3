// Prices: policies that propose, guardrails that nobody gets around, lists that are handed over. This file is what others may import.
export type * from './types.ts';
export { armsOfItems, type ArmFeedback, type ArmSources } from './arms.ts';
export { curveOf, demandFromJson, demandToJson, tabledDemand, type CurveTable, type TabledDemand } from './curve-table.ts';
export { answersToPrice, demandCurve, type CurveModel, type DemandCurve } from './demand-curve.ts';
export { drawnTogether, type ItemCurve } from './drawn-together.ts';
export { elasticities, type Elasticity, type PricePoint } from './elasticity.ts';
export { checkGuardrails, fractionDigitsOf, guardedPrice, hasPrice, type Guardrails } from './guardrails.ts';
export { handOver, listedPrices, listOnline, type HandedPrice, type ListHeader } from './handed-over.ts';
export { banditPolicy, type Arm, type BanditParts } from './policies/bandit.ts';
export { modelPolicy, type DemandModel, type ModelSettings } from './policies/model.ts';
export { rulePolicy, type RuleSettings } from './policies/rule.ts';
export { priceList, since, type EarlierPrice, type ListedPrice } from './price-list.ts';
export { POLICY_NAMES, pricingSettings, type PricingSettings } from './settings.ts';
export { inTurn, type TurnOptions } from './turn.ts';
