// Drift and skew now and then, while a home runs: after the log of predictions has moved on.
import type { Runtime } from '../runtime.ts';
import { Persistent, type StreamService } from '../streaming/index.ts';

export interface MonitorStatus { runs: number; lastAt?: number; lastMilliseconds?: number; failure?: string }

/** `measure` does it: `monitorHome`, or a process of its own that calls it. */
export function openMonitor({ lake, clock }: Pick<Runtime, 'lake' | 'clock'>, everyMilliseconds: number, measure: (signal: AbortSignal) => Promise<unknown>): StreamService<MonitorStatus> {
  const persistent = new Persistent(clock);
  const status: MonitorStatus = { runs: 0 };
  let seen: unknown;
  const work = async (signal: AbortSignal): Promise<void> => {
    const current = (await lake.findTable({ namespace: 'silver', name: 'predictions' }))?.metadata['current-snapshot-id'];
    if (current === undefined || current === seen) return;
    const began = clock.now();
    await measure(signal);
    seen = current;
    Object.assign(status, { runs: status.runs + 1, lastAt: clock.now(), lastMilliseconds: clock.now() - began });
  };
  return {
    name: 'monitor',
    status: () => ({ ...status, ...(persistent.failure === undefined ? {} : { failure: persistent.failure }) }),
    async run(signal) {
      await clock.sleep(everyMilliseconds, signal).catch(() => undefined);
      await persistent.every(everyMilliseconds, signal, () => work(signal));
    },
  };
}
