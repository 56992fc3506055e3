// A carrier that is asked over HTTP.
import { MillraceError, messageOf } from '../base/index.ts';
import type { Carrier, CarrierOffer, CarrierRequest } from './types.ts';

export interface HttpCarrierOptions {
  name: string;
  /** Takes the request as JSON by POST, and answers `{ "offers": [{ "service", "price", "transitDays" }] }`. */
  url: string;
  headers?: Readonly<Record<string, string>>;
  /** A try is given up after so long; default 800 ms. */
  timeoutMilliseconds?: number;
  /** Tries after the first, for answers of 429 and 5xx and broken connections; default 1. */
  retries?: number;
}

/** Throws `io` where the carrier cannot be reached or does not know, `bad_input` where it answers something else than offers. */
export function httpCarrier({ name, url, headers = {}, timeoutMilliseconds = 800, retries = 1 }: HttpCarrierOptions): Carrier {
  const ask = async (request: CarrierRequest, signal: AbortSignal | undefined): Promise<Response> => {
    const limit = AbortSignal.timeout(timeoutMilliseconds);
    return fetch(url, {
      method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(request),
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
  };
  return {
    name,
    async offers(request, signal) {
      let trouble = '';
      for (let attempt = 0; attempt <= retries; attempt++) {
        try {
          const response = await ask(request, signal);
          if (response.ok) return offersOf(name, url, await response.json());
          trouble = `it answered ${response.status}`;
          await response.body?.cancel();
          if (response.status !== 429 && response.status < 500) break;
        } catch (thrown) {
          if (thrown instanceof MillraceError || signal?.aborted === true) throw thrown;
          trouble = thrown instanceof Error && thrown.name === 'TimeoutError' ? `no answer within ${timeoutMilliseconds} ms` : messageOf(thrown);
        }
      }
      throw new MillraceError('io', `the carrier ${name} gave no offers: ${trouble}`, { where: url, todo: 'The other carriers still count; look at its service.' });
    },
  };
}

function offersOf(carrier: string, url: string, answer: unknown): CarrierOffer[] {
  const offers = (answer as { offers?: unknown } | null)?.offers;
  if (!Array.isArray(offers)) throw strange(carrier, url, 'an answer without `offers`');
  return offers.map((offer: unknown) => {
    const { service, price, transitDays } = (offer ?? {}) as Record<string, unknown>;
    if (typeof service !== 'string' || typeof price !== 'number' || !(price >= 0 && Number.isFinite(price)) || typeof transitDays !== 'number' || !(transitDays >= 0 && transitDays <= 3650)) {
      throw strange(carrier, url, `the offer ${JSON.stringify(offer)}`);
    }
    return { carrier, service, price, transitDays, source: 'carrier' };
  });
}

function strange(carrier: string, url: string, what: string): MillraceError {
  return new MillraceError('bad_input', `the carrier ${carrier} gave ${what}`, { where: url, todo: 'Each offer needs service, price and transitDays.' });
}
