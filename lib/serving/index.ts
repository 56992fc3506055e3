// Serving: the scoring API as one app for both homes. This file is what others may import.
export type * from './context.ts';
export { DEFAULT_LIMITS } from './context.ts';
export { createApp, type OnError } from './app.ts';
export { fingerprintOf, storedIdempotency, type IdempotencyStore, type StoredAnswer } from './idempotency.ts';
export { allows, hashOf, newKey, Usage, type ApiKey, type KeyStore, type Scope } from './keys.ts';
export { openApi } from './openapi.ts';
export { numberOf } from './predict.ts';
export { Problem } from './problem.ts';
export { ROUTES } from './routes/index.ts';
