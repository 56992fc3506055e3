// millrace prices compute: a price for every item by a policy, into gold, the online store and the export folder.
import path from 'node:path';
import { MillraceError, uuidv7 } from '../../base/index.ts';
import { openLmdbStore } from '../../features/index.ts';
import { handOver, listedPrices, priceList, pricingSettings, type ListHeader } from '../../pricing/index.ts';
import { homeModels, registryOf } from '../learning/index.ts';
import { takeLock } from '../lock.ts';
import type { Runtime } from '../runtime.ts';
import { dayIn, HomePrices, PRICE } from '../serving/index.ts';
import { currentExport, exportPriceList, type ExportManifest } from './export-folder.ts';
import { readPriceTable, writePriceTable, type PriceList } from './price-table.ts';

export interface ComputedPrices { list: PriceList; exported: ExportManifest }

const DAY_MS = 86_400_000;

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

async function compute(runtime: Runtime, { policy: wanted, folder }: { policy?: string; folder?: string }): Promise<ComputedPrices> {
  const { config } = await runtime.project();
  const settings = pricingSettings(config.pricing);
  const models = homeModels(registryOf(runtime), [PRICE], () => undefined);
  await models.refresh();
  const made = new HomePrices(runtime, models);
  await made.refresh();
  const prices = made.current;
  if (prices?.situations === undefined) throw new MillraceError('not_found', 'nothing is known yet that prices could be made from', { where: 'gold.pricing_features', todo: 'millrace run batch' });
  const name = wanted ?? (settings.policy === 'list' ? 'rule' : settings.policy);
  const policy = prices.policies[name];
  if (policy === undefined) throw new MillraceError('not_found', `there is no price policy '${name}' that a list could be made by`, { todo: `There are ${Object.keys(prices.policies).join(', ')}.` });
  const now = runtime.clock.now();
  const listed = priceList(prices.situations(), policy, prices.guardrails);
  const header: ListHeader = {
    listId: uuidv7(now), policy: name, version: `${prices.version}${policy.version === undefined ? '' : `, ${policy.version}`}`, currency: prices.currency, rows: listed.length, validFrom: now, validTo: now + settings.listDays * DAY_MS,
  };
  const list: PriceList = { header, day: dayIn(config.shop.timeZone, now), prices: listed };
  await writePriceTable(runtime, list);
  return { list, exported: await handOverList(runtime, list, folder) };
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
    await handOver(store, list.header, list.prices.map(({ productId, price, previousPrice, reason, limits }) => [productId, { price, previousPrice, reason, limits }] as const));
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
    const online = await listedPrices(store, [], runtime.clock.now());
    return { ...(exported === undefined ? {} : { exported: exported.list_id }), ...(online === undefined ? {} : { online: online.header.listId }) };
  } finally {
    await store.close();
  }
}
