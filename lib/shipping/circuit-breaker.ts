// A carrier that keeps failing is left alone for a while, so that not every customer waits for it in vain.
import { MillraceError, messageOf } from '../base/index.ts';
import type { Carrier } from './types.ts';

export interface BreakerOptions {
  /** After so many failures in a row it is open; default 3. */
  failuresToOpen?: number;
  /** So long nobody is sent; then one request tries; default 30 s. */
  openMilliseconds?: number;
  now(): number;
}

/** While it is open, offers fail at once, with the last trouble. A request that the caller gave up is no failure of the carrier; one that the quote gave up, since it took too long, is. */
export function withBreaker(carrier: Carrier, { failuresToOpen = 3, openMilliseconds = 30_000, now }: BreakerOptions): Carrier {
  let [failures, trouble, retryAt] = [0, '', 0];
  return {
    name: carrier.name,
    async offers(request, signal) {
      if (failures >= failuresToOpen) {
        const at = now();
        if (at < retryAt) throw new MillraceError('io', `the carrier ${carrier.name} is left alone for ${Math.ceil((retryAt - at) / 1000)} s after ${failures} failures: ${trouble}`, { where: carrier.name, todo: 'The other carriers still count; look at its service.' });
        retryAt = at + openMilliseconds; // this one tries; the others wait for what comes of it
      }
      try {
        const offers = await carrier.offers(request, signal);
        failures = 0;
        return offers;
      } catch (thrown) {
        if (signal?.aborted !== true || signal.reason instanceof MillraceError) [failures, trouble, retryAt] = [failures + 1, messageOf(thrown), now() + openMilliseconds];
        throw thrown;
      }
    },
  };
}
