// What shipping costs a customer, by every carrier that answers in time.
import { messageOf } from '../base/index.ts';
import { addDays, daysOfGrace, type Lateness } from './promise.ts';
import type { Carrier, CarrierOffer, QuoteRequest } from './types.ts';
import { chargeableWeightKg } from './weight.ts';
import type { ZoneMap } from './zones.ts';

/** Shipping by the cheapest service is free from an order value on. */
export interface FreeShipping { threshold: number }

export interface QuoteSettings {
  zones: ZoneMap;
  carriers: readonly Carrier[];
  /** Undefined: never free. An experiment's variant may set it. */
  freeShipping?: FreeShipping;
  /** Of parcels of a route and service. */
  latenessOf: (route: { originZone: string; destinationZone: string; offer: CarrierOffer }) => Lateness;
  /** Share of parcels that arrive by the promised day; default 0.9. */
  confidence?: number;
  /** Days added where too little is known of a route; default 3. */
  graceDays?: number;
  cubicCmPerKg?: number;
}

export interface ShippingOption extends CarrierOffer {
  /** What the customer pays: 0 where shipping is free. */
  customerPrice: number;
  /** Arrives by then, at the stated confidence. */
  promiseDate: string;
}

export interface ShippingQuote {
  originZone: string;
  destinationZone: string;
  chargeableWeightKg: number;
  confidence: number;
  /** Cheapest first. */
  options: ShippingOption[];
  /** Missing to free shipping; 0 where it is reached, undefined where there is none. */
  missingForFree?: number;
  /** Carriers that did not answer, and why. */
  failed: { carrier: string; reason: string }[];
}

/** Asks all carriers at once; one that fails or is late is named, and the others' offers count. */
export async function quoteShipping(request: QuoteRequest, settings: QuoteSettings, signal?: AbortSignal): Promise<ShippingQuote> {
  const { zones, carriers, freeShipping, latenessOf, confidence = 0.9, graceDays = 3 } = settings;
  const weight = chargeableWeightKg(request.parcels, settings.cubicCmPerKg);
  const [originZone, destinationZone] = [zones.zoneOf(request.originPostcode), zones.zoneOf(request.destinationPostcode)];
  const { originPostcode, destinationPostcode, handedOverOn, orderValue } = request;
  const asked = { originZone, destinationZone, originPostcode, destinationPostcode, chargeableWeightKg: weight, handedOverOn };
  const answers = await Promise.allSettled(carriers.map((carrier) => carrier.offers(asked, signal)));
  const free = freeShipping !== undefined && orderValue >= freeShipping.threshold;
  const offers = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    .sort((left, right) => left.price - right.price || left.transitDays - right.transitDays || (left.carrier < right.carrier ? -1 : 1));
  return {
    originZone, destinationZone, chargeableWeightKg: weight, confidence,
    options: offers.map((offer, index) => ({
      ...offer,
      customerPrice: free && index === 0 ? 0 : offer.price,
      promiseDate: addDays(handedOverOn, offer.transitDays + daysOfGrace(latenessOf({ originZone, destinationZone, offer }), confidence, graceDays)),
    })),
    ...(freeShipping === undefined ? {} : { missingForFree: Math.max(0, Math.round((freeShipping.threshold - orderValue) * 100) / 100) }),
    failed: answers.flatMap((answer, index) => (answer.status === 'rejected' ? [{ carrier: carriers[index]!.name, reason: messageOf(answer.reason) }] : [])),
  };
}
