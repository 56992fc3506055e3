// Time and ids come in through parameters, so that tests decide them.
import { randomFillSync } from 'node:crypto';

export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Resolves after that many milliseconds, or rejects when the signal aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  sleep: (milliseconds: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, milliseconds);
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
});

/** Random bytes for many ids at once: asking the system for each costs more than making the id. */
const pool = new Uint8Array(10 * 1024);
let used = pool.length;
/** The id that is being written, as characters. */
const text = Buffer.from('00000000-0000-7000-8000-000000000000');
/** Where the 20 digits of the last 10 bytes go; the first of the version's group and of the variant's are not all free. */
const RANDOM_AT = [14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
const DIGITS = Buffer.from('0123456789abcdef');

/** A UUID of version 7 (RFC 9562): sorts by the time it was made. */
export function uuidv7(nowMilliseconds: number = Date.now()): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  if (nowMilliseconds !== written) {
    written = nowMilliseconds;
    writeTime(Math.floor(nowMilliseconds));
  }
  for (let byte = 0; byte < RANDOM_AT.length; byte++) {
    const at = RANDOM_AT[byte]!;
    const random = pool[used + byte]!;
    text[at] = DIGITS[random >> 4]!;
    text[at + 1] = DIGITS[random & 15]!;
  }
  text[14] = DIGITS[7]!;
  text[19] = DIGITS[8 + (pool[used + 2]! >> 6)]!;
  used += RANDOM_AT.length;
  return text.toString('latin1');
}

/** The time that is in `text`. */
let written = 0;

/** 48 bits as 12 digits, in halves that fit the integers of a processor. */
function writeTime(time: number): void {
  let high = Math.floor(time / 2 ** 24);
  let low = time % 2 ** 24;
  for (let at = 12; at >= 7; at--) {
    if (at === 8) continue; // the dash
    text[at] = DIGITS[low & 15]!;
    low >>= 4;
  }
  text[6] = DIGITS[low & 15]!;
  for (let at = 5; at >= 0; at--) {
    text[at] = DIGITS[high & 15]!;
    high >>= 4;
  }
}
