// Fills the online features of an account from its lake and its streams, without a gap and without a double.
//
// Everything is computed beside the table, in a store of this machine, while the consumer of the streams is stopped: first the events of the lake, then
// what the streams took since some time before (Firehose may still hold it), each event once by its id. Then the table is brought to that, item by item:
// whoever reads meanwhile finds an entity as it was or as it will be. The consumer goes on where it stopped, and what it brings again is known.
import { rm } from 'node:fs/promises';
import type { Clock } from '../../base/index.ts';
import { backfillFeatures, openLmdbStore, type BackfillOptions, type BackfillReport, type LmdbStore, type OnlineStore } from '../index.ts';
import type { AccountConsumer } from './consumer.ts';

export interface RefillOptions extends Pick<BackfillOptions, 'features' | 'lake' | 'engine' | 'from' | 'signal' | 'onProgress'> {
  clock: Clock;
  /** Of this machine, made and removed. */
  folder: string;
  consumer: AccountConsumer;
  /** Folds what a stream took since then (milliseconds since 1970) into the store; gives the number of records. */
  catchUp: (stream: string, since: number, store: OnlineStore) => Promise<number>;
  /** Brings the table to what the store holds. */
  upload: (store: LmdbStore) => Promise<{ items: number; removed: number }>;
  /** How long before now the streams are read again: longer than delivery takes and tries. */
  overlapMilliseconds: number;
}

export interface RefillReport extends Pick<BackfillReport, 'sources'> { caughtUp: Record<string, number>; items: number; removed: number }

/**
 * Until the table is touched a failure leaves all as it was, and the consumer goes on. From then on it stays stopped when this fails, so that nothing
 * is folded onto half of a table: run it again.
 */
export async function refillFeatures({ clock, folder, consumer, catchUp, upload, overlapMilliseconds, ...backfill }: RefillOptions): Promise<RefillReport> {
  const streams = await consumer.streams();
  await consumer.pause();
  const since = clock.now() - overlapMilliseconds;
  const store = await openLmdbStore({ folder, clock });
  try {
    const { sources, caughtUp } = await compute().catch(async (error: unknown) => {
      await consumer.resume();
      throw error;
    });
    const { items, removed } = await upload(store);
    await consumer.resume();
    return { sources, caughtUp, items, removed };
  } finally {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }

  async function compute(): Promise<Pick<RefillReport, 'sources' | 'caughtUp'>> {
    const { sources } = await backfillFeatures({ ...backfill, store, clock });
    const caughtUp: Record<string, number> = {};
    for (const stream of streams) caughtUp[stream] = await catchUp(stream, since, store);
    return { sources, caughtUp };
  }
}
