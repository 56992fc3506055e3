// A clock that tests move: time jumps to the earliest sleeper when nothing else is left to do.
import type { Clock } from '../../lib/base/index.ts';

export class VirtualClock implements Clock {
  #now: number;
  readonly #sleepers: { at: number; wake: () => void }[] = [];
  #scheduled = false;
  /** Every wait that was asked for, in milliseconds. */
  readonly slept: number[] = [];

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(milliseconds);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const sleeper = { at: this.#now + milliseconds, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        const index = this.#sleepers.indexOf(sleeper);
        if (index >= 0) this.#sleepers.splice(index, 1);
        reject(signal.reason as Error);
      }, { once: true });
      this.#advanceLater();
    });
  }

  #advanceLater(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setTimeout(() => {
      this.#scheduled = false;
      this.#sleepers.sort((a, b) => a.at - b.at);
      const first = this.#sleepers.shift();
      if (!first) return;
      this.#now = Math.max(this.#now, first.at);
      first.wake();
      if (this.#sleepers.length > 0) this.#advanceLater();
    }, 1);
  }
}
