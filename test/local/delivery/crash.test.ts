// The disk fails, processes die, two deliveries fight, shards split and merge, at moments that a seed decides: in the end each record is in one place.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database } from '../../../lib/lake/duckdb/index.ts';
import { MillraceError } from '../../../lib/base/index.ts';
import { LocalFiles, type CreateOptions, type WriteOptions } from '../../../lib/lake/index.ts';
import type { Delivery } from '../../../lib/local/delivery/index.ts';
import { randomOf } from '../../faults/support/random.ts';
import { MemoryStream } from '../support/memory-stream.ts';
import { deliveryHome, positionsIn, StepClock, view } from './support.ts';

let database: Database;
beforeAll(async () => {
  database = await Database.open({ memoryLimit: '256MB', threads: 1 });
});
afterAll(() => database.close());

/** Fails for good at the nth change, before or after making it: as a process that was killed there. */
class DyingFiles extends LocalFiles {
  readonly #random: () => number;
  left: number;

  constructor(random: () => number, changes: number) {
    super();
    this.#random = random;
    this.left = changes;
  }

  override async write(path: string, bytes: Uint8Array, options?: WriteOptions): Promise<void> {
    return this.#orDie(() => super.write(path, bytes, options));
  }

  override async create(path: string, bytes: Uint8Array, options?: CreateOptions): Promise<boolean> {
    return this.#orDie(() => super.create(path, bytes, options));
  }

  override async delete(path: string): Promise<void> {
    return this.#orDie(() => super.delete(path));
  }

  async #orDie<Result>(work: () => Promise<Result>): Promise<Result> {
    this.left -= 1;
    if (this.left > 0) return work();
    if (this.left === 0 && this.#random() < 0.5) await work();
    throw new MillraceError('io', 'the process is dead');
  }
}

const SEEDS = [1, 2, 3, 4];

test.each(SEEDS)('seed %i: nothing lost, nothing doubled', async (seed) => {
  const random = randomOf(seed * 7919);
  const clock = new StepClock();
  const home = deliveryHome(database, clock);
  const stream = new MemoryStream('events', 2, clock, { random, throttled: 0.05, expired: 0.05, broken: 0.05 });
  let id = 0;
  const put = () => {
    id += 1;
    const visitor = `visitor ${Math.floor(random() * 20)}`;
    stream.put(visitor, random() < 0.2 ? `bad ${id}` : view(clock, visitor, `e${id}`));
  };
  const start = (): Delivery => home.delivery(stream, {
    files: new DyingFiles(random, random() < 0.7 ? 1 + Math.floor(random() * 60) : 1e9),
    settings: { recordsARead: 1 + Math.floor(random() * 30), idleMilliseconds: random() < 0.5 ? 0 : 5000 },
  });
  let deliveries = [start()];
  for (let step = 0; step < 60; step++) {
    for (let puts = Math.floor(random() * 6); puts > 0; puts--) put();
    if (random() < 0.05) {
      const { openShards } = stream;
      if (openShards.length > 3) stream.merge(openShards[0]?.shardId ?? '', openShards[1]?.shardId ?? '');
      else stream.split(openShards[Math.floor(random() * openShards.length)]?.shardId ?? '');
    }
    clock.milliseconds += Math.floor(random() * 3000);
    if (random() < 0.1) deliveries = [...deliveries, start()].slice(-2); // the one left out never ends in order
    const one = deliveries[Math.floor(random() * deliveries.length)] as Delivery;
    try {
      await one.poll();
      if (random() < 0.6) await one.flush();
    } catch (thrown) {
      if (!(thrown instanceof MillraceError)) throw thrown;
      one.close();
      if (thrown.message.includes('the process is dead')) deliveries = [...deliveries.filter((each) => each !== one), start()];
    }
  }
  const last = home.delivery(stream, { settings: { idleMilliseconds: 0 } });
  for (let quiet = 0; quiet < 5;) {
    try {
      quiet = await last.poll() === 0 ? quiet + 1 : 0;
      await last.flush();
    } catch {
      last.close();
      quiet = 0;
    }
  }
  last.close();
  for (const one of deliveries) one.close();
  expect(await positionsIn(home)).toEqual(stream.records.map(({ position }) => `${position.shard}/${position.sequence}/0`).sort());
  home.remove();
});
