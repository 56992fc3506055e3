// What a carrier says, checked: nothing that is no offer reaches a quote, wherever it comes from.
import { MillraceError } from '../base/index.ts';
import type { CarrierOffer, OfferSource } from './types.ts';

/** No parcel is on its way for longer: what says so is a mistake. */
const MOST_DAYS = 3650;
/** Beyond this a price is none. */
const MOST_PRICE = 1e9;

/**
 * @param answer anything
 * @param source where an offer comes from that does not say it itself
 * @throws MillraceError `bad_input` naming the offer that is none
 */
export function soundOffers(carrier: string, answer: unknown, source: OfferSource = 'carrier'): CarrierOffer[] {
  if (!Array.isArray(answer)) throw strange(carrier, 'no list of offers');
  return answer.map((offer: unknown): CarrierOffer => {
    const { service, price, transitDays, source: own } = (offer ?? {}) as Partial<Record<keyof CarrierOffer, unknown>>;
    if (typeof service !== 'string' || service === '' || !isWithin(price, MOST_PRICE) || !isWithin(transitDays, MOST_DAYS)) throw strange(carrier, `the offer ${JSON.stringify(offer)?.slice(0, 200)}`);
    return { carrier, service, price, transitDays, source: own === 'rate_card' || own === 'estimate' ? own : source };
  });
}

function isWithin(value: unknown, most: number): value is number {
  return typeof value === 'number' && value >= 0 && value <= most;
}

function strange(carrier: string, what: string): MillraceError {
  return new MillraceError('bad_input', `the carrier ${carrier} gave ${what}`, { where: carrier, todo: 'Each offer needs service, price and transitDays.' });
}
