// The prices of a home, made again when something has changed that they are made from.
import { listedPrices, pricingSettings, type TabledDemand } from '../../pricing/index.ts';
import type { OnlineStore } from '../../features/index.ts';
import type { Models, Prices } from '../../serving/index.ts';
import type { Runtime } from '../runtime.ts';
import { dayIn } from './business-day.ts';
import { homeDemand, PRICE, tablesOfDemand } from './home-demand.ts';
import { loadPrices, PRICE_LIST } from './prices.ts';

export class HomePrices {
  /** undefined while gold has none. */
  current: Prices | undefined;
  /** That the model-based policy goes by; undefined: by elasticities. */
  demand: TabledDemand | undefined;
  readonly #runtime: Runtime;
  readonly #models: Pick<Models, 'find'>;
  readonly #store: OnlineStore | undefined;
  #madeFrom = '';
  #demand: { madeFrom: string; model: TabledDemand | undefined } = { madeFrom: '', model: undefined };

  /** `store`: where a list was handed over. */
  constructor(runtime: Runtime, models: Pick<Models, 'find'>, store?: OnlineStore) {
    this.#runtime = runtime;
    this.#models = models;
    this.#store = store;
  }

  /** @throws MillraceError `bad_input` where the project's settings for prices are wrong. */
  async refresh(): Promise<void> {
    const { clock } = this.#runtime;
    const version = await this.#snapshotOf('gold.pricing_features');
    if (version === undefined) return;
    const { config } = await this.#runtime.project();
    const settings = pricingSettings(config.pricing);
    const [at, arms, list, champion] = [clock.now(), await this.#snapshotOf('gold.price_arms'), await this.#snapshotOf(PRICE_LIST), this.#models.find(PRICE, 'champion')];
    const day = dayIn(config.shop.timeZone, at);
    const madeFrom = [version, arms, list, champion?.version, day].join();
    if (madeFrom === this.#madeFrom) return;
    const [store, demand] = [this.#store, await this.#demandOf(champion)];
    this.current = await loadPrices(await this.#runtime.engine(), {
      currency: config.shop.currency, version, random: Math.random, settings, tables: { arms: arms !== undefined, list: list !== undefined }, now: { at, day }, ...(demand === undefined ? {} : { demand }),
      ...(store === undefined ? {} : { listed: (skus, now) => listedPrices(store, skus, now) }),
    }) ?? this.current;
    this.demand = demand;
    this.#madeFrom = madeFrom;
  }

  async #demandOf(champion: ReturnType<Models['find']>): Promise<TabledDemand | undefined> {
    if (champion === undefined) return undefined;
    const madeFrom = [champion.version, ...await Promise.all((await tablesOfDemand(this.#runtime)).map((table) => this.#snapshotOf(table)))].join();
    if (madeFrom !== this.#demand.madeFrom) this.#demand = { madeFrom, model: await homeDemand(this.#runtime, champion) };
    return this.#demand.model;
  }

  async #snapshotOf(table: string): Promise<string | undefined> {
    const [namespace = '', name = ''] = table.split('.');
    const id = (await this.#runtime.lake.findTable({ namespace, name }))?.metadata['current-snapshot-id'];
    return id === undefined ? undefined : String(id);
  }
}
