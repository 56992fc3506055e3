// What shipping costs a customer, by every carrier that answers in time.
import { messageOf } from '../base/index.ts';
import { addDays, daysOfGrace, type Lateness } from './promise.ts';
import type { Carrier, CarrierOffer, CarrierRequest, Parcel, QuoteRequest } from './types.ts';
import { chargeableWeightKg } from './weight.ts';
import type { ZoneMap } from './zones.ts';

/** Shipping by the cheapest service is free from an order value on. */
export interface FreeShipping { threshold: number }

/** What a promised day rests on: a trained quantile, parcels that went there before, or, where too little is known of either, the days of grace. */
export type PromiseBasis = 'model' | 'history' | 'default';

export interface QuoteSettings {
  zones: ZoneMap;
  carriers: readonly Carrier[];
  /** By a carrier's name: its rate card, which counts while the carrier itself does not answer. */
  cards?: ReadonlyMap<string, Carrier>;
  /** Undefined: never free. An experiment's variant may set it. */
  freeShipping?: FreeShipping;
  /** Of parcels of a route and service. */
  latenessOf: (route: { originZone: string; destinationZone: string; offer: CarrierOffer }) => Lateness;
  /** Share of parcels that arrive by the promised day; default 0.9. */
  confidence?: number;
  /** Days added where too little is known of a route; default 3. */
  graceDays?: number;
  cubicCmPerKg?: number;
  /** What sending such parcels has cost, by a trained model; undefined where it does not know. */
  freightOf?: (asked: CarrierRequest, parcels: readonly Parcel[]) => number | undefined;
  /** Days from hand-over within which the share `confidence` of standard parcels arrives, by a trained model. */
  arrivalDays?: (asked: CarrierRequest, parcels: readonly Parcel[]) => number | undefined;
  /** Usual days of a standard parcel from one zone to another, by the rate cards: how much quicker or slower another service is. */
  standardDays?: (originZone: string, destinationZone: string) => number | undefined;
}

export interface ShippingOption extends CarrierOffer {
  /** What the customer pays: 0 where shipping is free. */
  customerPrice: number;
  /** Arrives by then, at the stated confidence. */
  promiseDate: string;
  promiseBasis: PromiseBasis;
}

export interface ShippingQuote {
  originZone: string;
  destinationZone: string;
  chargeableWeightKg: number;
  confidence: number;
  /** Cheapest first. */
  options: ShippingOption[];
  /** What sending such parcels has cost, whatever the carriers ask; undefined where no model knows. */
  freightEstimate?: number;
  /** Missing to free shipping; 0 where it is reached, undefined where there is none. */
  missingForFree?: number;
  /** Carriers that did not answer, and why. */
  failed: { carrier: string; reason: string }[];
}

/** The name that an estimate bears where no carrier offers anything. */
const ESTIMATE = 'estimate';

/**
 * Asks all carriers at once; one that fails or is late is named, its rate card counts where it has one, and so do the others' offers. Where nobody offers anything, what such
 * parcels have cost before is the only option, marked as an estimate.
 */
export async function quoteShipping(request: QuoteRequest, settings: QuoteSettings, signal?: AbortSignal): Promise<ShippingQuote> {
  const { zones, carriers, cards, freeShipping, confidence = 0.9 } = settings;
  const weight = chargeableWeightKg(request.parcels, settings.cubicCmPerKg);
  const [originZone, destinationZone] = [zones.zoneOf(request.originPostcode), zones.zoneOf(request.destinationPostcode)];
  const { originPostcode, destinationPostcode, handedOverOn, orderValue, parcels } = request;
  const asked: CarrierRequest = { originZone, destinationZone, originPostcode, destinationPostcode, chargeableWeightKg: weight, handedOverOn };
  const answers = await Promise.allSettled(carriers.map((carrier) => carrier.offers(asked, signal)));
  const failed = answers.flatMap((answer, index) => (answer.status === 'rejected' ? [{ carrier: carriers[index]!.name, reason: messageOf(answer.reason) }] : []));
  const instead = await Promise.all(failed.map(({ carrier }) => cards?.get(carrier)?.offers(asked, signal) ?? []));
  const offers = [...answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])), ...instead.flat()]
    .sort((left, right) => left.price - right.price || left.transitDays - right.transitDays || (left.carrier < right.carrier ? -1 : 1));
  const [freight, arrival] = [settings.freightOf?.(asked, parcels), settings.arrivalDays?.(asked, parcels)];
  if (offers.length === 0 && freight !== undefined) offers.push({ carrier: ESTIMATE, service: 'standard', price: freight, transitDays: Math.ceil(arrival ?? settings.standardDays?.(originZone, destinationZone) ?? 0), source: 'estimate' });
  const free = freeShipping !== undefined && orderValue >= freeShipping.threshold;
  return {
    originZone, destinationZone, chargeableWeightKg: weight, confidence, failed,
    options: offers.map((offer, index) => ({ ...offer, customerPrice: free && index === 0 ? 0 : offer.price, ...promiseOf(offer, asked, arrival, settings) })),
    ...(freight === undefined ? {} : { freightEstimate: freight }),
    ...(freeShipping === undefined ? {} : { missingForFree: Math.max(0, Math.round((freeShipping.threshold - orderValue) * 100) / 100) }),
  };
}

/** A quicker or slower service than the standard one is promised so many days earlier or later. */
function promiseOf(offer: CarrierOffer, { originZone, destinationZone, handedOverOn }: CarrierRequest, arrival: number | undefined, settings: QuoteSettings): { promiseDate: string; promiseBasis: PromiseBasis } {
  const { latenessOf, confidence = 0.9, graceDays = 3 } = settings;
  const standard = settings.standardDays?.(originZone, destinationZone);
  if (arrival !== undefined && offer.source === 'estimate') return { promiseDate: addDays(handedOverOn, Math.ceil(arrival)), promiseBasis: 'model' };
  if (arrival !== undefined && standard !== undefined && offer.source === 'rate_card') {
    return { promiseDate: addDays(handedOverOn, Math.max(0, Math.ceil(arrival + offer.transitDays - standard))), promiseBasis: 'model' };
  }
  const grace = daysOfGrace(latenessOf({ originZone, destinationZone, offer }), confidence);
  return { promiseDate: addDays(handedOverOn, Math.max(0, Math.ceil(offer.transitDays + (grace ?? graceDays)))), promiseBasis: grace === undefined ? 'default' : 'history' };
}
