// A consumer that was away for longer than the stream keeps its records is told how many it lost, once; one that was not, is told nothing.
import { afterAll, beforeAll, expect, test } from 'vitest';
import path from 'node:path';
import { Database } from '../../../lib/lake/duckdb/index.ts';
import { localStreamSource, openLocalStreams } from '../../../lib/local/kinesis/index.ts';
import { deliveryHome, StepClock, view } from './support.ts';

const HOUR = 3_600_000;
let database: Database;
beforeAll(async () => {
  database = await Database.open({ memoryLimit: '256MB', threads: 1 });
});
afterAll(() => database.close());

test('records that retention let go before they were delivered are counted', async () => {
  // The endpoint sweeps by itself on this clock; it sleeps until it is closed.
  const clock = new StepClock();
  const still = { now: () => clock.now(), sleep: (_: number, signal?: AbortSignal) => new Promise<void>((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('closed')), { once: true })) };
  const home = deliveryHome(database, clock);
  const streams = await openLocalStreams(path.join(home.root, 'streams'), { clock: still });
  try {
    await streams.createStream('events', { shardCount: 1, mode: 'PROVISIONED', retentionHours: 24 });
    const put = (from: number, count: number) => streams.put('events', Array.from({ length: count }, (_, at) => ({ partitionKey: 'a', data: Buffer.from(view(clock, 'a', `e${from + at}`)) })));
    const stop = new AbortController();
    const first = home.delivery(localStreamSource(streams));
    await put(0, 3);
    await first.poll();
    stop.abort();
    await first.run(stop.signal);
    expect(first.status().lost).toBe(0);

    await put(3, 5);
    clock.milliseconds += 50 * HOUR;
    await streams.sweep();
    await put(8, 2);
    const second = home.delivery(localStreamSource(streams));
    expect(await second.poll()).toBe(2);
    await second.flush();
    await second.poll();
    expect(second.status()).toMatchObject({ lost: 5, records: 2 });
    second.close();
    const third = home.delivery(localStreamSource(streams));
    await put(10, 1);
    expect(await third.poll()).toBeGreaterThan(0);
    await third.flush();
    expect(await home.rows('events', 'SELECT count(*)::INTEGER AS rows FROM t')).toEqual([{ rows: 6 }]);
    third.close();
  } finally {
    await streams.close();
    home.remove();
  }
});
