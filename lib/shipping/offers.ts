// What a carrier says, checked: nothing that is no offer reaches a quote, wherever it comes from.
import { MillraceError } from '../base/index.ts';
import type { CarrierOffer } from './types.ts';

/** Services of one carrier between two places; beyond this an answer is a mistake, and a quote would be without end. */
const MOST_OFFERS = 200;
const MOST_LETTERS = 200;
/** No parcel is on its way for longer: what says so is a mistake. */
const MOST_DAYS = 3650;
/** Beyond this a price is none. */
const MOST_PRICE = 1e9;

/**
 * @param answer anything
 * @param currency the shop's: an offer that names another is none, since nobody here knows what it would come to; one that names none is in the shop's
 * @throws MillraceError `bad_input` naming the offer that is none
 */
export function soundOffers(carrier: string, answer: unknown, currency?: string): CarrierOffer[] {
  if (!Array.isArray(answer)) throw strange(carrier, 'no list of offers');
  if (answer.length > MOST_OFFERS) throw strange(carrier, `${answer.length} offers, more than ${MOST_OFFERS}`);
  return answer.map((offer: unknown): CarrierOffer => {
    const { service, price, transitDays, source: own, currency: named } = (offer ?? {}) as Partial<Record<keyof CarrierOffer | 'currency', unknown>>;
    if (typeof service !== 'string' || service === '' || service.length > MOST_LETTERS || !isWithin(price, MOST_PRICE) || !isWithin(transitDays, MOST_DAYS)) throw strange(carrier, `the offer ${JSON.stringify(offer)?.slice(0, 200)}`);
    checkCurrency(carrier, named, currency);
    return { carrier, service, price, transitDays, source: own === 'rate_card' || own === 'estimate' ? own : 'carrier' };
  });
}

/** @throws MillraceError `bad_input` where a currency is named that is not the shop's */
export function checkCurrency(carrier: string, named: unknown, currency: string | undefined): void {
  if (currency === undefined || named === undefined || named === null || named === currency) return;
  throw new MillraceError('bad_input', `the carrier ${carrier} offers in another currency than ${currency}: ${JSON.stringify(named)?.slice(0, 20)}`, { where: carrier, todo: `Let it answer in ${currency}.` });
}

function isWithin(value: unknown, most: number): value is number {
  return typeof value === 'number' && value >= 0 && value <= most;
}

function strange(carrier: string, what: string): MillraceError {
  return new MillraceError('bad_input', `the carrier ${carrier} gave ${what}`, { where: carrier, todo: 'Each offer needs service, price and transitDays.' });
}
