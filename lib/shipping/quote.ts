// What shipping costs a customer, by every carrier that answers in time.
import { messageOf, MillraceError } from '../base/index.ts';
import { soundOffers } from './offers.ts';
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
  /** A parcel's weight counts as the next multiple of this, in kilograms; default: as it is. */
  roundUpToKg?: number;
  /** A carrier that has not answered by then counts as failed, in milliseconds; default 2,500. */
  patienceMilliseconds?: number;
  /** The shop's: who offers in another offers nothing. Undefined: whatever carriers say is taken for it. */
  currency?: string;
  /** Digits after the point of the currency; default 2. */
  fractionDigits?: number;
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

const PATIENCE_MS = 2_500;

/**
 * Asks all carriers at once; one that fails, is late or answers what is no offer is named, its rate card counts where it has one, and so do the others' offers. Where nobody
 * offers anything, what such parcels have cost before is the only option, marked as an estimate.
 */
export async function quoteShipping(request: QuoteRequest, settings: QuoteSettings, signal?: AbortSignal): Promise<ShippingQuote> {
  const { zones, carriers, cards, freeShipping, confidence = 0.9, fractionDigits = 2 } = settings;
  const weight = chargeableWeightKg(request.parcels, settings.cubicCmPerKg, settings.roundUpToKg);
  const [originZone, destinationZone] = [zones.zoneOf(request.originPostcode), zones.zoneOf(request.destinationPostcode)];
  const { originPostcode, destinationPostcode, handedOverOn, orderValue, parcels } = request;
  const asked: CarrierRequest = { originZone, destinationZone, originPostcode, destinationPostcode, chargeableWeightKg: weight, handedOverOn, ...(settings.currency === undefined ? {} : { currency: settings.currency }) };
  const answers = await askedInTime(carriers, asked, settings.patienceMilliseconds ?? PATIENCE_MS, signal);
  const failed = answers.flatMap((answer, index) => (answer.status === 'rejected' ? [{ carrier: carriers[index]!.name, reason: messageOf(answer.reason) }] : []));
  const instead = await Promise.all(failed.map(({ carrier }) => cards?.get(carrier)?.offers(asked, signal) ?? []));
  const offers = [...answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])), ...instead.flat()].map((offer) => ({ ...offer, price: inCoins(offer.price, fractionDigits) }))
    .sort((left, right) => left.price - right.price || left.transitDays - right.transitDays || (left.carrier < right.carrier ? -1 : 1));
  const [expected, arrival] = [settings.freightOf?.(asked, parcels), settings.arrivalDays?.(asked, parcels)];
  const freight = expected === undefined ? undefined : inCoins(expected, fractionDigits);
  if (offers.length === 0 && freight !== undefined) offers.push({ carrier: ESTIMATE, service: 'standard', price: freight, transitDays: Math.ceil(arrival ?? settings.standardDays?.(originZone, destinationZone) ?? 0), source: 'estimate' });
  const missing = freeShipping === undefined ? undefined : missingForFree(freeShipping.threshold, orderValue, fractionDigits);
  return {
    originZone, destinationZone, chargeableWeightKg: weight, confidence, failed,
    options: offers.map((offer, index) => ({ ...offer, customerPrice: missing === 0 && index === 0 ? 0 : offer.price, ...promiseOf(offer, asked, arrival, settings) })),
    ...(freight === undefined ? {} : { freightEstimate: freight }),
    ...(missing === undefined ? {} : { missingForFree: missing }),
  };
}

/** What an order lacks to free shipping; 0 where it is free. Both count as whole coins, since a sum of prices may be a binary fraction below what it says. */
export function missingForFree(threshold: number, orderValue: number, fractionDigits = 2): number {
  return Math.max(0, inCoins(inCoins(threshold, fractionDigits) - inCoins(orderValue, fractionDigits), fractionDigits));
}

/** Rounded half up to the smallest unit of the currency. */
function inCoins(amount: number, fractionDigits: number): number {
  const unit = 10 ** fractionDigits;
  return Math.round(amount * unit + 1e-7) / unit;
}

/** What each carrier says, however it fails. Who is late is told so by the signal, whose reason is then a MillraceError. */
async function askedInTime(carriers: readonly Carrier[], asked: CarrierRequest, milliseconds: number, signal: AbortSignal | undefined): Promise<PromiseSettledResult<readonly CarrierOffer[]>[]> {
  const late = new AbortController();
  const given = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]);
  const timer = setTimeout(() => late.abort(new MillraceError('io', `no answer within ${milliseconds} ms`)), milliseconds);
  const gone = new Promise<never>((_, reject) => void late.signal.addEventListener('abort', () => reject(late.signal.reason as MillraceError), { once: true }));
  try {
    return await Promise.allSettled(carriers.map(async (carrier) => soundOffers(carrier.name, await Promise.race([carrier.offers(asked, given), gone]), asked.currency)));
  } finally {
    clearTimeout(timer);
  }
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
