// The API of a home as a service.
import path from 'node:path';
import { messageOf, uuidv7 } from '../../base/index.ts';
import { loadFeatures, openLmdbStore } from '../../features/index.ts';
import { answersRows, viewOf } from '../../learning/index.ts';
import { contextOver, createApi, DEFAULT_LIMITS, defaultPredictorOf, keepUsage, registryModels, storedIdempotency, Usage, type ServingContext } from '../../serving/index.ts';
import type { PutOutcome, RecordInput } from '../kinesis/index.ts';
import { canaryFile, canaryOutcomes, CanaryKeeper, noteForMlflow, predictorsOf, registryOf, sendToMlflow, type CanaryStatus } from '../learning/index.ts';
import type { Runtime } from '../runtime.ts';
import type { StreamService } from '../streaming/index.ts';
import { homeFeatureReader } from './feature-reader.ts';
import { Holdings } from './holdings.ts';
import { openKeyFile, type KeyFile } from './key-file.ts';
import { openPredictionLog } from './prediction-log.ts';
import { recentPredictions } from './recent-predictions.ts';
import { serveApi, type ApiServer } from './server.ts';

export interface ApiOptions {
  port: number;
  /** The streams that the log of predictions goes to. */
  put(stream: string, records: readonly RecordInput[]): Promise<PutOutcome[]>;
  /** Of `/invocations`; default: the one of the examples. */
  defaultPredictor?: string;
  /** Told of every error that nobody expected, with the request's id that the caller was given. */
  onError?: (message: string) => void;
  /** MLFLOW_TRACKING_URI and its like: where one is configured, it is told what becomes of canaries, and what waited for it. */
  environment?: Readonly<Record<string, string | undefined>>;
}

export interface ApiStatus {
  url: string;
  /** Answers that wait to be logged. */
  waitingInLog: number;
  /** Answers of this process that could be logged nowhere: since there was no room left, they were fall-backs and said so. */
  lostFromLog?: number;
  models: string[];
  /** What was counted of each canary. */
  canaries?: string[];
  /** Versions of what else it answers from. */
  prices?: string;
  shipping?: string;
  recommendations?: string;
  failure?: string;
}

export interface OpenApiService extends StreamService<ApiStatus> {
  readonly server: ApiServer;
  readonly keys: KeyFile;
  readonly context: ServingContext;
}

/** Tables, experiments and the online store are looked at again so often. */
const REFRESH_MS = 5_000;
/** What has expired in the store of answers goes so often. */
const SWEEP_MS = 60_000;

/** @throws MillraceError `conflict` where the port is in use. */
export async function openApiService(runtime: Runtime, { port, put, defaultPredictor, onError, environment = {} }: ApiOptions): Promise<OpenApiService> {
  const { home, clock } = runtime;
  const features = await loadFeatures(path.join(runtime.projectFolder, 'features'), (await runtime.project()).sources);
  // Those that answer in batches only, or at a route of their own, are none of `/v1/predict`.
  const declared = [...(await predictorsOf(runtime)).values()].filter(({ algorithm }) => answersRows(algorithm)).map(({ name }) => name);
  const models = registryModels(registryOf(runtime), declared, (feature) => viewOf(features, feature));
  const folder = path.join(home.root, 'api');
  const store = await openLmdbStore({ folder, clock });
  const recent = recentPredictions(folder);
  const holdings = new Holdings(runtime, models, store);
  /** In its own time: nothing waits for a server that may be away, and what it was not told is told it the next time. */
  const tellMlflow = (predictor?: string): void => {
    if ((environment['MLFLOW_TRACKING_URI'] ?? '') === '') return;
    const registry = registryOf(runtime);
    const noted = predictor === undefined ? Promise.resolve() : noteForMlflow({ home, environment }, { predictor });
    void noted.then(() => sendToMlflow({ home, registry, environment })).catch((thrown: unknown) => onError?.(messageOf(thrown)));
  };
  const canaries = new CanaryKeeper({
    registry: registryOf(runtime), file: canaryFile(home), clock, outcomes: (predictor, canary, champion) => canaryOutcomes(runtime, predictor, canary, champion),
    isLoaded: (predictor, version) => models.find(predictor, 'challenger')?.version === version,
    onEnd: (predictor, { version, outcome, reasons }) => {
      tellMlflow(predictor);
      onError?.(outcome === 'completed' ? `version ${version} of ${predictor} answers from now on: its canary went well` : `version ${version} of ${predictor} was rolled back: ${reasons.join('; ')}`);
    },
  });
  /** Models and canaries do not wait for tables and prices. */
  const watchModels = async (): Promise<string | undefined> => {
    const failure = await models.refresh().then(() => undefined, messageOf);
    return await canaries.refresh(declared).then((hasEnded) => (hasEnded ? models.refresh() : undefined)).then(() => undefined, messageOf) ?? failure;
  };
  const keys = openKeyFile(home, () => clock.now());
  const log = await openPredictionLog({ put, recent, clock, folder: home.run });
  const usage = new Usage(() => clock.now());
  /** Quotas of the day hold for all processes of the home, whenever they were started. */
  const shareUsage = (): Promise<string | undefined> => keepUsage(usage, store).then(() => undefined, messageOf);
  const context = contextOver(holdings, {
    version: runtime.version, clock, ids: { prediction: () => uuidv7(clock.now()) }, keys, usage,
    idempotency: storedIdempotency(store, () => clock.now()), models, features: homeFeatureReader(features, () => holdings.online), log,
    canary: (predictor) => canaries.traffic(predictor),
    defaultPredictor: defaultPredictor ?? defaultPredictorOf(declared), limits: DEFAULT_LIMITS,
  });
  let [trouble, sweepFailure, modelFailure, usageFailure]: [string[], string | undefined, string | undefined, string | undefined] = [await holdings.refresh(), undefined, await watchModels(), await shareUsage()];
  const answering = createApi(context, { onError: (error, { method, path: asked, requestId }) => onError?.(`${method} ${asked} (${requestId}): ${messageOf(error)}`) });
  const server = await serveApi(answering, { home, port, since: clock.now() }).catch(async (thrown: unknown) => {
    await log.close();
    await recent.close();
    await holdings.close();
    await store.close();
    throw thrown;
  });
  const failureNow = (): string | undefined => modelFailure ?? trouble[0] ?? log.failure ?? sweepFailure ?? usageFailure;
  let told: string | undefined;
  /** What is wrong is said when it begins: answers are marked meanwhile, and whoever runs this should not have to learn it from them. */
  const tell = (): void => {
    const failure = failureNow();
    if (failure !== undefined && failure !== told) onError?.(failure);
    told = failure;
  };
  return {
    name: 'api', server, keys, context,
    status() {
      const failure = failureNow();
      return {
        url: server.url, waitingInLog: log.waiting, ...(log.lost === 0 ? {} : { lostFromLog: log.lost }), models: models.list().map(({ predictor, alias, version }) => `${predictor} ${alias} ${version}`),
        ...(canaries.status().length === 0 ? {} : { canaries: canaries.status().map(canaryLine) }),
        ...(holdings.prices === undefined ? {} : { prices: holdings.prices.version }), ...(holdings.shipping === undefined ? {} : { shipping: holdings.shipping.version }),
        ...(holdings.recommender === undefined ? {} : { recommendations: holdings.recommender.version }), ...(failure === undefined ? {} : { failure }),
      };
    },
    async run(signal) {
      tell();
      const watching = (async () => {
        while (!signal.aborted) {
          await clock.sleep(REFRESH_MS, signal).catch(() => undefined);
          if (!signal.aborted) [modelFailure, usageFailure] = [await watchModels(), await shareUsage()];
          tell();
        }
      })();
      for (let sweptAt = clock.now(); !signal.aborted;) {
        await clock.sleep(REFRESH_MS, signal).catch(() => undefined);
        if (signal.aborted) break;
        trouble = await holdings.refresh();
        if (clock.now() - sweptAt < SWEEP_MS) continue;
        sweptAt = clock.now();
        tellMlflow();
        sweepFailure = await Promise.all([store.sweep(sweptAt), recent.sweep(sweptAt)]).then(() => undefined, messageOf);
      }
      await watching;
      await closeAll([server, { close: () => keepUsage(usage, store) }, log, recent, holdings, store]).catch((thrown: unknown) => {
        onError?.(messageOf(thrown)); // whoever pressed Ctrl-C is told of that only
        throw thrown;
      });
    },
  };
}

/** One after the other, whether or not those before could; the first failure is told when all are closed. */
async function closeAll(parts: readonly { close(): Promise<void> }[]): Promise<void> {
  const failures: unknown[] = [];
  for (const part of parts) await part.close().catch((thrown: unknown) => failures.push(thrown));
  if (failures.length > 0) throw failures[0];
}

function canaryLine({ predictor, canary: { version, share }, counts: { champion, challenger }, verdict: { reasons } }: CanaryStatus): string {
  return `${predictor} ${version} answers ${Math.round(share * 100)} %: ${challenger.answers} answers, ${challenger.errors} errors, beside ${champion.answers} and ${champion.errors}${reasons.length === 0 ? '' : `; ${reasons.join('; ')}`}`;
}
