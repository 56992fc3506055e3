// A shop's visitors in the streams of a home, for tests: the same events at every call, and their delivery into the tables.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { localStreamSource, type LocalStreams } from '../../lib/local/kinesis/index.ts';
import type { Runtime } from '../../lib/local/index.ts';
import { openDeliver } from '../../lib/local/streaming/index.ts';

const KINDS = ['view', 'view', 'addtocart', 'transaction'];
const VISITORS = 13;
const ITEMS = 5;

/** Whom the events are about, by the name of their features. */
export const ENTITIES = [
  ['visitor', Array.from({ length: VISITORS }, (_, at) => `v${at}`)], ['item', Array.from({ length: ITEMS }, (_, at) => `i${at}`)],
] as const;

/** Puts the events `from` to `from + count`, a minute apart from a day before `now`, milliseconds. */
export async function produce(streams: LocalStreams, now: number, from: number, count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, index) => {
    const at = from + index;
    const event = KINDS[at % KINDS.length]!;
    const visitorid = `v${at % VISITORS}`;
    const value = {
      timestamp: now - 86_400_000 + at * 60_000, visitorid, event, itemid: `i${at % ITEMS}`, event_id: `e${at}`, ...(event === 'transaction' ? { transactionid: `t${at}` } : {}),
    };
    return { partitionKey: visitorid, data: Buffer.from(JSON.stringify(value)) };
  });
  expect((await streams.put('events', records)).every(({ ok }) => ok)).toBe(true);
}

/** Delivers until bronze has as many events. */
export async function deliver(runtime: Runtime, streams: LocalStreams, expected: number): Promise<void> {
  const service = await openDeliver(runtime, localStreamSource(streams), { intervalMilliseconds: 50, pollMilliseconds: 20 });
  const stop = new AbortController();
  const running = service.run(stop.signal);
  const rows = async () => Number((await (await runtime.engine()).query('SELECT count(*) FROM bronze.events')).rows[0]?.[0] ?? 0);
  for (let tries = 0; tries < 1000 && (await rows().catch(() => 0)) < expected; tries++) await sleep(30);
  stop.abort();
  await running;
  expect(await rows()).toBe(expected);
}
