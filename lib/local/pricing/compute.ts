// millrace prices compute: a price for every item by a policy, into gold, the online store and the export folder.
import path from 'node:path';
import { MillraceError } from '../../base/index.ts';
import { openLmdbStore } from '../../features/index.ts';
import { handOver, listOnline } from '../../pricing/index.ts';
import { takeLock } from '../lock.ts';
import type { Runtime } from '../runtime.ts';
import { currentExport, exportPriceList } from './export-folder.ts';
import type { ExportManifest } from './list-files.ts';
import { handedPrices, makePriceList } from './make-list.ts';
import { readPriceTable, type PriceList } from './price-table.ts';

export interface ComputedPrices {
  list: PriceList;
  exported: ExportManifest;
  /** Of a list that was just made: products that the settings block and the list does not know. */
  blockedInVain?: readonly string[];
  /** Products whose current price is none: they are not on the list. */
  withoutPrice?: readonly string[];
}

export function exportFolderOf({ home }: Pick<Runtime, 'home'>): string {
  return path.join(home.root, 'exports', 'prices');
}

/**
 * Replaces gold.prices by one snapshot, then hands the list over. A crash in between leaves the list before with the shop; `millrace prices export` hands over
 * what gold holds.
 *
 * @throws MillraceError `not_found` where the batch has made no features yet, or there is no such policy, `conflict` while another process does the same
 */
export async function computePrices(runtime: Runtime, options: { policy?: string; folder?: string } = {}): Promise<ComputedPrices> {
  return alone(runtime, () => compute(runtime, options));
}

async function compute(runtime: Runtime, { policy, folder }: { policy?: string; folder?: string }): Promise<ComputedPrices> {
  const made = await makePriceList(runtime, policy);
  if (made === undefined) throw new MillraceError('not_found', 'nothing is known yet that prices could be made from', { where: 'gold.pricing_features', todo: 'millrace run batch' });
  return { list: made.list, exported: await handOverList(runtime, made.list, folder), blockedInVain: made.blockedInVain, withoutPrice: made.withoutPrice };
}

/** What gold holds, to where the shop reads it. @throws `not_found` where no list was computed, `conflict` while another process does the same. */
export async function exportPrices(runtime: Runtime, { folder }: { folder?: string } = {}): Promise<ComputedPrices> {
  return alone(runtime, async () => {
    const list = await readPriceTable(runtime);
    return { list, exported: await handOverList(runtime, list, folder) };
  });
}

/** One at a time, so that the list that is handed over last is the one in gold. */
async function alone<Result>({ home }: Runtime, work: () => Promise<Result>): Promise<Result> {
  const lock = await takeLock(path.join(home.run, 'prices.lock'));
  if (!lock.isOurs) throw new MillraceError('conflict', `process ${lock.pid} computes prices or hands them over`, { where: home.root, todo: 'Wait until it has ended.' });
  try {
    return await work();
  } finally {
    await lock.unlock();
  }
}

async function handOverList(runtime: Runtime, list: PriceList, folder = exportFolderOf(runtime)): Promise<ExportManifest> {
  const exported = await exportPriceList(list, { folder });
  const store = await openLmdbStore({ folder: path.join(runtime.home.root, 'api'), clock: runtime.clock });
  try {
    await handOver(store, list.header, handedPrices(list));
  } finally {
    await store.close();
  }
  return exported;
}

/** Which list gold, the export folder and the online store hold: the same, unless something came in between. */
export async function whereListsAre(runtime: Runtime): Promise<{ exported?: string; online?: string }> {
  const exported = await currentExport(exportFolderOf(runtime));
  const store = await openLmdbStore({ folder: path.join(runtime.home.root, 'api'), clock: runtime.clock });
  try {
    const online = await listOnline(store, runtime.clock.now());
    return { ...(exported === undefined ? {} : { exported: exported.list_id }), ...(online === undefined ? {} : { online: online.listId }) };
  } finally {
    await store.close();
  }
}
