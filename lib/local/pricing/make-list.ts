// A list of prices as it comes about: a price for every item by a policy, into gold by one snapshot. The same on a machine and in a function of an account.
import { dayIn, MillraceError, uuidv7 } from '../../base/index.ts';
import { hasPrice, priceList, pricingSettings, type HandedPrice, type ListHeader, type TabledDemand } from '../../pricing/index.ts';
import { registryOf } from '../learning/index.ts';
import { registryModels, PRICE } from '../../serving/index.ts';
import type { Runtime } from '../runtime.ts';
import { HomePrices, type DemandFrom } from '../serving/index.ts';
import { writePriceTable, type PriceList } from './price-table.ts';

export interface MadeList {
  list: PriceList;
  /** That the model-based policy went by, whichever policy made the list; undefined: there is no champion. */
  demand: TabledDemand | undefined;
  /** What that was made from. */
  demandFrom: DemandFrom | undefined;
  /** Products that the settings block and the list does not know: mistyped, or never sold. */
  blockedInVain: readonly string[];
  /** Products whose current price is none, as one beyond all numbers: they are not on the list. */
  withoutPrice: readonly string[];
}

const DAY_MS = 86_400_000;

/**
 * Replaces gold.prices. The one who calls hands it over, and sees to it that nobody else does the same meanwhile.
 *
 * @param wanted the policy; default: the project's, or the rule where that is the list itself
 * @returns undefined where nothing is known yet that prices could be made from
 * @throws MillraceError `not_found` where there is no such policy, `bad_input` where it fails for every item
 */
export async function makePriceList(runtime: Runtime, wanted?: string): Promise<MadeList | undefined> {
  const { config } = await runtime.project();
  const settings = pricingSettings(config.pricing);
  const models = registryModels(registryOf(runtime), [PRICE], () => undefined);
  await models.refresh();
  const made = new HomePrices(runtime, models);
  await made.refresh();
  const prices = made.current;
  if (prices?.situations === undefined) return undefined;
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
  const known = new Set(listed.map(({ productId }) => productId));
  return { list, demand: made.demand, demandFrom: made.demandFrom, blockedInVain: [...prices.guardrails.blocked.keys()].filter((productId) => !known.has(productId)), withoutPrice: [...prices.situations()].filter((situation) => !hasPrice(situation, prices.guardrails)).map(({ sku }) => sku) };
}

/** What `handOver` takes of a list. */
export function handedPrices({ prices }: PriceList): (readonly [productId: string, price: HandedPrice])[] {
  return prices.map(({ productId, price, previousPrice, reason, limits }) => [productId, { price, previousPrice, reason, limits }] as const);
}
