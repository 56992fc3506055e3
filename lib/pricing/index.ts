// Prices: policies that propose, guardrails that nobody gets around. This file is what others may import.
export type * from './types.ts';
export { elasticities, type Elasticity, type PricePoint } from './elasticity.ts';
export { checkGuardrails, guardedPrice, type Guardrails } from './guardrails.ts';
export { banditPolicy, modelPolicy, rulePolicy, type Arm, type RuleSettings } from './policies.ts';
