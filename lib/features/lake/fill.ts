// Fills the online folder of a home from its lake: a new generation of the store, whole before anybody reads it.
import { nextGeneration, type OnlineHomeOptions } from '../lmdb/home.ts';
import { backfillFeatures, type BackfillOptions, type BackfillReport } from './backfill.ts';

/**
 * Builds a new store with the checkpoints of the streams' consumers, and makes it the current one. Consumers that are started then go on where the
 * tables are: no event is missing, and none counts twice.
 *
 * Throws `conflict` while another process writes the store.
 */
export async function fillOnlineHome({ folder, ...options }: OnlineHomeOptions & Omit<BackfillOptions, 'store'>): Promise<BackfillReport> {
  const next = await nextGeneration({ folder, clock: options.clock });
  try {
    const report = await backfillFeatures({ ...options, store: next.store });
    for (const [stream, shards] of report.resume) await next.checkpoints(stream).save(shards);
    await next.publish();
    return report;
  } catch (error) {
    await next.discard();
    throw error;
  }
}
