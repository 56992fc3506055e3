// A carrier that is asked over HTTP.
import { MillraceError, messageOf } from '../base/index.ts';
import { checkCurrency, soundOffers } from './offers.ts';
import type { Carrier, CarrierOffer, CarrierRequest } from './types.ts';

export interface HttpCarrierOptions {
  name: string;
  /** Takes the request as JSON by POST, and answers `{ "offers": [{ "service", "price", "transitDays" }] }`, each or all with a `currency` if it likes. */
  url: string;
  headers?: Readonly<Record<string, string>>;
  /** A try is given up after so long; default 800 ms. */
  timeoutMilliseconds?: number;
  /** Tries after the first, for answers of 429 and 5xx and broken connections; default 1. */
  retries?: number;
}

/** An answer is read up to here: offers are few. */
const MOST_BYTES = 2 ** 20;

/**
 * Throws `io` where the carrier cannot be reached or does not know, `bad_input` where it answers something else than offers. It is not followed to another address: who has
 * moved is to be named anew in the settings.
 */
export function httpCarrier({ name, url, headers = {}, timeoutMilliseconds = 800, retries = 1 }: HttpCarrierOptions): Carrier {
  const ask = async (request: CarrierRequest, signal: AbortSignal | undefined): Promise<Response> => {
    const limit = AbortSignal.timeout(timeoutMilliseconds);
    return fetch(url, {
      method: 'POST', redirect: 'manual', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(request),
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
          if (response.ok) return offersOf(name, await textOf(response), request.currency);
          const moved = response.headers.get('location');
          trouble = `it answered ${response.status}${moved === null ? '' : `, and names ${moved.slice(0, 200)} instead`}`;
          await response.body?.cancel();
          if (response.status !== 429 && response.status < 500) break;
        } catch (thrown) {
          if (thrown instanceof MillraceError || signal?.aborted === true) throw thrown;
          trouble = thrown instanceof Error && thrown.name === 'TimeoutError' ? `no answer within ${timeoutMilliseconds} ms` : reasonOf(thrown);
        }
      }
      throw new MillraceError('io', `the carrier ${name} gave no offers: ${trouble}`, { where: url, todo: 'The other carriers still count; look at its service.' });
    },
  };
}

/** `fetch failed` says nothing: what lies behind it does. */
function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return cause instanceof Error ? messageOf(cause) || messageOf(thrown) : messageOf(thrown);
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new MillraceError('bad_input', `it answered more than ${MOST_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function offersOf(carrier: string, text: string, currency: string | undefined): CarrierOffer[] {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new MillraceError('bad_input', `the carrier ${carrier} gave an answer that is no JSON: ${JSON.stringify(text.slice(0, 100))}`, { where: carrier });
  }
  const { offers, currency: all } = (answer ?? {}) as { offers?: unknown; currency?: unknown };
  if (!Array.isArray(offers)) throw new MillraceError('bad_input', `the carrier ${carrier} gave an answer without \`offers\``, { where: carrier });
  checkCurrency(carrier, all, currency);
  // Whatever it says of where they come from: it was asked.
  return soundOffers(carrier, offers, currency).map((offer) => ({ ...offer, source: 'carrier' }));
}
