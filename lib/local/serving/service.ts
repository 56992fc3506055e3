// The API of a home as a service: everything it answers from, opened, and read again when the tables have moved on.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, uuidv7 } from '../../base/index.ts';
import { loadFeatures, openLmdbStore, readOnlineHome, type OnlineHome } from '../../features/index.ts';
import { createApp, DEFAULT_LIMITS, storedIdempotency, Usage, type ServingContext } from '../../serving/index.ts';
import type { PutOutcome, RecordInput } from '../kinesis/index.ts';
import { homeModels, predictorsOf, registryOf, viewOf } from '../learning/index.ts';
import type { Runtime } from '../runtime.ts';
import type { StreamService } from '../streaming/index.ts';
import { ExperimentFolder, type KeptExperiment } from './experiment-file.ts';
import { featureReader } from './feature-reader.ts';
import { openKeyFile, type KeyFile } from './key-file.ts';
import { openPredictionLog } from './prediction-log.ts';
import { loadPrices } from './prices.ts';
import { loadRecommender } from './recommender.ts';
import { serveApi, type ApiServer } from './server.ts';
import { loadShipping } from './shipping.ts';

export interface ApiOptions {
  port: number;
  /** The streams that the log of predictions goes to. */
  put(stream: string, records: readonly RecordInput[]): Promise<PutOutcome[]>;
  /** Of `/invocations`; default: the first that is declared. */
  defaultPredictor?: string;
}

export interface ApiStatus { url: string; requestsWaitingInLog: number; prices?: string; shipping?: string; recommendations?: string; models: string[]; failure?: string }

export interface OpenApiService extends StreamService<ApiStatus> {
  readonly server: ApiServer;
  readonly keys: KeyFile;
  readonly context: ServingContext;
}

/** Tables, experiments and the online store are looked at again so often. */
const REFRESH_MS = 5_000;

/** @throws MillraceError `conflict` where the port is in use. */
export async function openApiService(runtime: Runtime, { port, put, defaultPredictor }: ApiOptions): Promise<OpenApiService> {
  const { home, clock, lake } = runtime;
  const { config, sources } = await runtime.project();
  const features = await loadFeatures(path.join(runtime.projectFolder, 'features'), sources);
  const declared = [...(await predictorsOf(runtime)).keys()];
  const models = homeModels(registryOf(runtime), declared, (feature) => viewOf(features, feature));
  const store = await openLmdbStore({ folder: path.join(home.root, 'api'), clock });
  const keys = openKeyFile(home, () => clock.now());
  let failure: string | undefined;
  const log = await openPredictionLog({ put, recent: store, clock, folder: home.run, onError: (message) => (failure = message) });
  let online: OnlineHome | undefined;
  let generation: number | undefined;
  let experiments: readonly KeptExperiment[] = [];
  const gold: Pick<ServingContext, 'prices' | 'shipping' | 'recommender'> = {};
  const context: ServingContext = {
    version: runtime.version, clock, ids: { prediction: () => uuidv7(clock.now()) }, keys, usage: new Usage(() => clock.now()),
    idempotency: storedIdempotency(store, () => clock.now()), models, features: featureReader(features, () => online?.store), log,
    get experiments() {
      return experiments;
    },
    get prices() {
      return gold.prices;
    },
    get recommender() {
      return gold.recommender;
    },
    get shipping() {
      return gold.shipping;
    },
    defaultPredictor: defaultPredictor ?? declared[0], limits: DEFAULT_LIMITS,
  };
  let [seen, learnedFrom] = ['', ''];
  /** Each part by itself: one that fails leaves what the others know. */
  const refresh = async (): Promise<void> => {
    const trouble: string[] = [];
    const part = async (work: () => Promise<void>): Promise<void> => work().catch((thrown: unknown) => void trouble.push(messageOf(thrown)));
    await part(() => models.refresh());
    await part(async () => {
      experiments = (await new ExperimentFolder(home).list()).filter(({ state }) => state === 'running');
    });
    await part(async () => {
      // A backfill makes another generation of the store current.
      const current = await stat(path.join(home.online, 'current.json')).then(({ mtimeMs }) => mtimeMs, () => undefined);
      if (current === undefined || current === generation) return;
      const before = online;
      online = await readOnlineHome({ folder: home.online, clock });
      generation = current;
      await before?.close();
    });
    await part(async () => {
      const names = ['pricing_features', 'shipping_rate_cards'] as const;
      const snapshots = await Promise.all(names.map(async (name) => String((await lake.findTable({ namespace: 'gold', name }))?.metadata['current-snapshot-id'] ?? '')));
      if (snapshots.includes('') || snapshots.join() === seen) return;
      const engine = await runtime.engine();
      const { currency } = config.shop;
      const prices = await loadPrices(engine, { currency, version: snapshots[0]!, random: Math.random });
      const shipping = await loadShipping(engine, { currency, version: snapshots[1]! });
      Object.assign(gold, { ...(prices === undefined ? {} : { prices }), ...(shipping === undefined ? {} : { shipping }) });
      seen = snapshots.join();
    });
    await part(async () => {
      const snapshot = String((await lake.findTable({ namespace: 'silver', name: 'events' }))?.metadata['current-snapshot-id'] ?? '');
      if (snapshot === '' || snapshot === learnedFrom) return;
      const recommender = await loadRecommender(await runtime.engine(), snapshot);
      Object.assign(gold, recommender === undefined ? {} : { recommender });
      learnedFrom = snapshot;
    });
    failure = trouble[0] ?? log.failure;
  };
  await refresh();
  const app = createApp(context, { onError: (error, { method, path: asked, requestId }) => (failure = `${method} ${asked} (${requestId}): ${messageOf(error)}`) });
  const server = await serveApi(app, { home, port, since: clock.now() }).catch(async (thrown: unknown) => {
    await log.close();
    await store.close();
    throw thrown;
  });
  return {
    name: 'api', server, keys, context,
    status: () => ({
      ...(gold.recommender === undefined ? {} : { recommendations: gold.recommender.version }),
      url: server.url, requestsWaitingInLog: log.waiting, models: models.list().map(({ predictor, alias, version }) => `${predictor} ${alias} ${version}`),
      ...(gold.prices === undefined ? {} : { prices: gold.prices.version }), ...(gold.shipping === undefined ? {} : { shipping: gold.shipping.version }),
      ...(failure === undefined ? {} : { failure }),
    }),
    async run(signal) {
      while (!signal.aborted) {
        await clock.sleep(REFRESH_MS, signal).catch(() => undefined);
        if (!signal.aborted) await refresh();
      }
      await server.close();
      await log.close();
      await online?.close();
      await store.close();
    },
  };
}
