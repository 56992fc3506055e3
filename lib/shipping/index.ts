// Shipping: weights, zones, carriers, quotes and promises. This file is what others may import.
export type * from './types.ts';
export { withBreaker, type BreakerOptions } from './circuit-breaker.ts';
export { httpCarrier, type HttpCarrierOptions } from './http-carrier.ts';
export { addDays, daysOfGrace, type Lateness } from './promise.ts';
export { missingForFree, quoteShipping, type FreeShipping, type PromiseBasis, type QuoteSettings, type ShippingOption, type ShippingQuote } from './quote.ts';
export { shippingSettings, type HttpCarrierSettings, type ShippingSettings } from './settings.ts';
export { tableCarrier } from './table-carrier.ts';
export { chargeableWeightKg, CUBIC_CM_PER_KG, volumetricWeightKg } from './weight.ts';
export { distanceKm, longestPrefix, ZoneMap, type Place } from './zones.ts';
