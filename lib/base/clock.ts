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

/** A UUID of version 7 (RFC 9562): sorts by the time it was made. */
export function uuidv7(nowMilliseconds: number = Date.now()): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const time = Math.floor(nowMilliseconds).toString(16).padStart(12, '0');
  const version = HEX[(pool[used]! & 0x0f) | 0x70]! + HEX[pool[used + 1]!]!;
  const variant = HEX[(pool[used + 2]! & 0x3f) | 0x80]! + HEX[pool[used + 3]!]!;
  const node = HEX[pool[used + 4]!]! + HEX[pool[used + 5]!]! + HEX[pool[used + 6]!]! + HEX[pool[used + 7]!]! + HEX[pool[used + 8]!]! + HEX[pool[used + 9]!]!;
  used += 10;
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}-${variant}-${node}`;
}

/** `00` to `ff`. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
