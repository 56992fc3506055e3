// The prices of a home, made again when something has changed that they are made from.
import { listedPrices, pricingSettings, type TabledDemand } from '../../pricing/index.ts';
import type { OnlineStore } from '../../features/index.ts';
import { loadPrices, PRICE, PRICE_LIST, TABLES_OF_PRICES, type Models, type Prices } from '../../serving/index.ts';
import { pinnedTo, type Engine } from '../../warehouse/index.ts';
import { PRICES, type AnswerStates } from '../../answers/index.ts';
import { currentSnapshots } from '../../lake/index.ts';
import type { Runtime } from '../runtime.ts';
import { dayIn } from '../../base/index.ts';
import { demandDate, homeDemand, tablesOfDemand } from './home-demand.ts';

const [PRICING_FEATURES, PRICE_ARMS] = ['gold.pricing_features', 'gold.price_arms'];

export class HomePrices {
  /** undefined while gold has none. */
  current: Prices | undefined;
  /** That the model-based policy goes by; undefined: by elasticities. */
  demand: TabledDemand | undefined;
  /** What that was made from. */
  demandFrom: DemandFrom | undefined;
  readonly #runtime: Runtime;
  readonly #models: Pick<Models, 'find'>;
  readonly #store: OnlineStore | undefined;
  #madeFrom = '';
  readonly #states: AnswerStates | undefined;
  #demand: Demand = { madeFrom: '', snapshots: {}, asOf: undefined, model: undefined };

  /** `store`: where a list was handed over. `states`: where it is noted what prices are made from, so that an answer can be made again. */
  constructor(runtime: Runtime, models: Pick<Models, 'find'>, { store, states }: { store?: OnlineStore | undefined; states?: AnswerStates } = {}) {
    this.#runtime = runtime;
    this.#models = models;
    this.#store = store;
    this.#states = states;
  }

  /** @throws MillraceError `bad_input` where the project's settings for prices are wrong. */
  async refresh(): Promise<void> {
    const { clock } = this.#runtime;
    const version = await this.#snapshotOf(PRICING_FEATURES);
    if (version === undefined) return;
    const { config } = await this.#runtime.project();
    const settings = pricingSettings(config.pricing);
    const [at, arms, list, champion] = [clock.now(), await this.#snapshotOf(PRICE_ARMS), await this.#snapshotOf(PRICE_LIST), this.#models.find(PRICE, 'champion')];
    const day = dayIn(config.shop.timeZone, at);
    const madeFrom = [version, arms, list, champion?.version, day].join();
    if (madeFrom === this.#madeFrom) return;
    // All of one moment: what moves on meanwhile is read the next time.
    const snapshots = await currentSnapshots(this.#runtime.lake, [...new Set([...TABLES_OF_PRICES, ...(champion === undefined ? [] : await tablesOfDemand(this.#runtime))])]);
    const [engine, store] = [pinnedTo(await this.#runtime.engine(), snapshots), this.#store];
    const demand = champion === undefined ? undefined : await this.#demandOf(champion, snapshots, engine);
    await this.#states?.note({ part: PRICES, at, snapshots, facts: { at, day, pricing: config.pricing ?? null, champion: champion?.version ?? null, demandAsOf: demand?.asOf ?? null } });
    this.current = await loadPrices(engine, {
      currency: config.shop.currency, version: snapshots[PRICING_FEATURES] ?? version, random: Math.random, settings, tables: { arms: snapshots[PRICE_ARMS] !== undefined, list: snapshots[PRICE_LIST] !== undefined },
      now: { at, day }, ...(demand?.model === undefined ? {} : { demand: demand.model }), ...(store === undefined ? {} : { listed: (skus, now) => listedPrices(store, skus, now) }),
    }) ?? this.current;
    this.demand = demand?.model;
    this.demandFrom = demand?.asOf === undefined ? undefined : { champion: champion!.version, asOf: demand.asOf, snapshots: demand.snapshots };
    this.#madeFrom = madeFrom;
  }

  async #demandOf(champion: NonNullable<ReturnType<Models['find']>>, snapshots: Readonly<Record<string, string>>, engine: Pick<Engine, 'query'>): Promise<Demand> {
    const own = Object.fromEntries((await tablesOfDemand(this.#runtime)).flatMap((table) => (snapshots[table] === undefined ? [] : [[table, snapshots[table]]])));
    const madeFrom = [champion.version, ...Object.values(own)].join();
    if (madeFrom === this.#demand.madeFrom) return this.#demand;
    const asOf = await demandDate(this.#runtime);
    return (this.#demand = { madeFrom, snapshots: own, asOf, model: asOf === undefined ? undefined : await homeDemand(this.#runtime, champion, asOf, engine) });
  }

  async #snapshotOf(table: string): Promise<string | undefined> {
    return (await currentSnapshots(this.#runtime.lake, [table]))[table];
  }
}

/** The version that was asked, as of when, and at which snapshots the tables were read. */
export interface DemandFrom { champion: string; asOf: string; snapshots: Readonly<Record<string, string>> }

interface Demand { madeFrom: string; snapshots: DemandFrom['snapshots']; asOf: string | undefined; model: TabledDemand | undefined }
