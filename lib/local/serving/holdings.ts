// What the API of a home answers from, looked at again and again: models, experiments, online features, prices, rate cards, recommendations.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../base/index.ts';
import { readOnlineHome, type LmdbStore, type OnlineHome, type OnlineStore } from '../../features/index.ts';
import { DELIVERY, FREIGHT, loadRecommender, loadShipping, RATE_CARDS, RECOMMENDATIONS, recommenderOf, TABLES_OF_HISTORIES, TABLES_OF_SHIPPING, type RegistryModels, type Prices, type Recommender, type Shipping } from '../../serving/index.ts';
import { shippingSettings } from '../../shipping/index.ts';
import { pinnedTo } from '../../warehouse/index.ts';
import { statesOfHome } from '../answer-states.ts';
import { FEATURES, RECOMMENDED, SHIPPING, type AnswerStates } from '../../answers/index.ts';
import { featuresOf, registryOf } from '../learning/index.ts';
import { currentSnapshots } from '../../lake/index.ts';
import type { Runtime } from '../runtime.ts';
import { ExperimentFolder, type KeptExperiment } from './experiment-file.ts';
import { HomePrices } from './home-prices.ts';

/** Its snapshot names what was learned from it without a version. */
const EVENTS = 'silver.events';

/** What visitors did is read again so often, though the clickstream's table moves on every minute; another champion answers at once. */
const REREAD_MS = 2 * 60_000;

export class Holdings {
  experiments: readonly KeptExperiment[] = [];
  shipping: Shipping | undefined;
  recommender: Recommender | undefined;
  readonly #runtime: Runtime;
  readonly #models: RegistryModels;
  readonly #prices: HomePrices;
  readonly #states: AnswerStates;
  #shippingMadeFrom = '';
  #eventTables: readonly string[] | undefined;
  #online: { home: OnlineHome; since: number } | undefined;
  #recommends: { champion?: string | undefined; snapshot?: string; at: number } = { at: Number.NEGATIVE_INFINITY };

  /** `store`: where price lists are handed over. */
  constructor(runtime: Runtime, models: RegistryModels, store?: OnlineStore) {
    this.#runtime = runtime;
    this.#models = models;
    this.#states = statesOfHome(runtime.home);
    this.#prices = new HomePrices(runtime, models, { store, states: this.#states });
  }

  get prices(): Prices | undefined {
    return this.#prices.current;
  }

  /** undefined before anything was folded or filled. */
  get online(): LmdbStore | undefined {
    return this.#online?.home.store;
  }

  /** Each part by itself: one that fails leaves what is known of the others, and its own. Gives what failed. */
  async refresh(): Promise<string[]> {
    const models = this.#models.refresh();
    const parts = await Promise.allSettled([models, this.#refreshExperiments(), this.#refreshOnline(), models.catch(() => undefined).then(() => this.#prices.refresh()), models.catch(() => undefined).then(() => this.#refreshShipping()), this.#refreshRecommender(), this.#noteFeatures()]);
    return parts.flatMap((part) => (part.status === 'rejected' ? [messageOf(part.reason)] : []));
  }

  async close(): Promise<void> {
    await this.#online?.home.close();
  }

  async #refreshExperiments(): Promise<void> {
    this.experiments = (await new ExperimentFolder(this.#runtime.home).list()).filter(({ state }) => state === 'running');
  }

  /** A backfill makes another generation of the store current. */
  async #refreshOnline(): Promise<void> {
    const { home, clock } = this.#runtime;
    const since = await stat(path.join(home.online, 'current.json')).then(({ mtimeMs }) => mtimeMs, () => undefined);
    if (since === undefined || since === this.#online?.since) return;
    const before = this.#online;
    this.#online = { home: await readOnlineHome({ folder: home.online, clock }), since };
    await before?.home.close();
  }

  async #refreshShipping(): Promise<void> {
    const version = (await currentSnapshots(this.#runtime.lake, [RATE_CARDS]))[RATE_CARDS];
    const [freight, delivery] = [FREIGHT, DELIVERY].map((name) => this.#models.find(name, 'champion'));
    const madeFrom = [version, freight?.version, delivery?.version].join();
    if (version === undefined || madeFrom === this.#shippingMadeFrom) return;
    const { config } = await this.#runtime.project();
    const { clock, lake } = this.#runtime;
    const snapshots = await currentSnapshots(lake, TABLES_OF_SHIPPING);
    await this.#states.note({ part: SHIPPING, at: clock.now(), snapshots, facts: { shipping: config.shipping ?? null, freight: freight?.version ?? null, delivery: delivery?.version ?? null } });
    this.shipping = await loadShipping(pinnedTo(await this.#runtime.engine(), snapshots), {
      currency: config.shop.currency, timeZone: config.shop.timeZone, version: snapshots[RATE_CARDS] ?? version, settings: shippingSettings(config.shipping), environment: process.env, now: () => clock.now(),
      models: { ...(freight === undefined ? {} : { freight }), ...(delivery === undefined ? {} : { delivery }) },
    }) ?? this.shipping;
    this.#shippingMadeFrom = madeFrom;
  }

  async #refreshRecommender(): Promise<void> {
    const now = this.#runtime.clock.now();
    const registry = registryOf(this.#runtime);
    const [snapshots, { champion }] = [await currentSnapshots(this.#runtime.lake, TABLES_OF_HISTORIES), await registry.aliases(RECOMMENDATIONS)];
    const snapshot = snapshots[EVENTS];
    const isAnother = champion !== this.#recommends.champion;
    if (snapshot === undefined || (!isAnother && (snapshot === this.#recommends.snapshot || now - this.#recommends.at < REREAD_MS))) return;
    await this.#states.note({ part: RECOMMENDED, at: now, snapshots, facts: { champion: champion ?? null } });
    this.recommender = await loadRecommender(pinnedTo(await this.#runtime.engine(), snapshots), snapshot, champion === undefined ? undefined : await recommenderOf(registry, champion)) ?? this.recommender;
    this.#recommends = { champion, snapshot, at: now };
  }

  /** Of the tables that have the events which are folded into the online store. */
  async #noteFeatures(): Promise<void> {
    const { lake, clock } = this.#runtime;
    this.#eventTables ??= [...new Set([...(await featuresOf(this.#runtime)).views.values()].map(({ source }) => source.table))].sort();
    await this.#states.note({ part: FEATURES, at: clock.now(), snapshots: await currentSnapshots(lake, this.#eventTables), facts: {} });
  }
}
