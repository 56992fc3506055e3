// Serving: the scoring API as one app for both homes. This file is what others may import.
export type * from './context.ts';
export { DEFAULT_LIMITS } from './context.ts';
export { createApi, type Api, type ApiAnswer, type ApiRequest, type OnError } from './api.ts';
export { createApp } from './app.ts';
export { keepOutcomes } from './keep-outcomes.ts';
export { CountedCanary, trafficOf, type CanaryCounts, type SideCounts } from './canary.ts';
export { keepUsage } from './kept-usage.ts';
export { fingerprintOf, storedIdempotency, type IdempotencyStore, type StoredAnswer } from './idempotency.ts';
export { allows, hashOf, newKey, Usage, type ApiKey, type KeyStore, type Scope } from './keys.ts';
export { openApi } from './openapi.ts';
export { nodeListener } from './node-listener.ts';
export { numberOf } from './model-inputs.ts';
export { Problem } from './problem.ts';
export { PATIENCE, refuseWhatIsNoRequest } from './refusals.ts';
export type { Route } from './route.ts';
export { ROUTES } from './routes/index.ts';
export { storedKeys, type StoredKeys } from './stored-keys.ts';
export { quoteAnswer, type QuoteAnswer, type QuoteInputs } from './routes/shipping.ts';
