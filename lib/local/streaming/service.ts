// A part of the stream's machinery: it works until it is stopped, and says what it is at.
import { setMaxListeners } from 'node:events';
import { messageOf, type Clock } from '../../base/index.ts';
import type { Home } from '../home.ts';
import { removeService, writeService } from '../running.ts';

export type ServiceName = 'endpoint' | 'deliver' | 'features' | 'refresh' | 'api' | 'monitor';

export interface StreamService<Status = unknown> {
  readonly name: ServiceName;
  status(): Status | Promise<Status>;
  /** Resolves some time after the signal aborts, when all that is under way has ended. */
  run(signal: AbortSignal): Promise<void>;
}

const SAY_EVERY_MS = 1000;

/** What services say of themselves is in the home for other commands to read, until the signal aborts. */
export async function sayServices(services: readonly StreamService[], { home, clock, signal, since = clock.now() }: { home: Home; clock: Clock; signal: AbortSignal; since?: number }): Promise<void> {
  await Promise.all(services.map(async (service) => {
    while (!signal.aborted) {
      const at = clock.now();
      await Promise.resolve(service.status()).then((status) => writeService(home, { service: service.name, since, at, status })).catch(() => undefined);
      await clock.sleep(SAY_EVERY_MS, signal).catch(() => undefined);
    }
  }));
}

/** Runs services side by side; what each says of itself is in the home for other commands to read. The first failure stops all. */
export async function runServices(services: readonly StreamService[], { home, clock, signal }: { home: Home; clock: Clock; signal: AbortSignal }): Promise<void> {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const onAbort = (): void => stop.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  const since = clock.now();
  const failures: unknown[] = [];
  const fail = (thrown: unknown): void => {
    failures.push(thrown);
    stop.abort(thrown);
  };
  const running = services.map((service) => service.run(stop.signal).catch(fail));
  const saying = sayServices(services, { home, clock, signal: stop.signal, since });
  await Promise.all(running);
  stop.abort();
  await saying;
  signal.removeEventListener('abort', onAbort);
  await Promise.all(services.map(({ name }) => removeService(home, name)));
  if (failures.length > 0) throw failures[0];
}

/** Tries again and again, with pauses, what others may not be ready for; what it did wrong last is in `failure`. */
export class Persistent {
  failure: string | undefined;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `work` every so often until the signal aborts. A failure is kept, and waited out. */
  async every(milliseconds: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      try {
        await work();
        this.failure = undefined;
      } catch (thrown) {
        if (!signal.aborted) this.failure = messageOf(thrown);
      }
      await this.#clock.sleep(milliseconds, signal).catch(() => undefined);
    }
  }
}
