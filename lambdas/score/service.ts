// The scoring API of an account: the app of both homes over DynamoDB, S3 and Kinesis.
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { messageOf, systemClock, uuidv7, type Clock } from '../../lib/base/index.ts';
import { refused, textOf } from '../../lib/base/aws/index.ts';
import { contractFromJson } from '../../lib/contracts/index.ts';
import { compileFeatures } from '../../lib/features/index.ts';
import { openDynamoDbStore } from '../../lib/features/aws/index.ts';
import { ModelReader, viewOf } from '../../lib/learning/index.ts';
import { s3ModelStore } from '../../lib/learning/aws/index.ts';
import { featureReader } from '../../lib/local/serving/index.ts';
import { demandFromJson, listedPrices } from '../../lib/pricing/index.ts';
import { contextOver, createApp, DEFAULT_LIMITS, defaultPredictorOf, registryModels, storedIdempotency, Usage } from '../../lib/serving/index.ts';
import { AdmittedKeys, Held, invocationLog, kinesisPut, readExperiments, requestOf, resultOf, SharedCanaries } from '../../lib/serving/aws/index.ts';
import { FEATURE_PLANS } from '../shared/feature-plans.ts';
import { PREDICTOR_NAMES } from '../shared/predictor-names.ts';
import { settingOf } from '../shared/environment.ts';
import { DEMAND_KEY, servingParts } from '../shared/serving-parts.ts';
import { dynamoDbOf, signedService } from '../shared/signed-services.ts';
import { servingMetrics } from './metrics.ts';

/** The first read of a fresh connection to DynamoDB takes tens of milliseconds. */
const FEATURE_MS = 300;
/** An answer waits so long at most for what is looked at beside it, once in half a minute. */
const LOOK_MS = 250;

export interface ScoringService {
  answer(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult>;
  /** Reads what there is to answer from; a failure is told by the metrics, and the next request tries again. */
  warm(): Promise<void>;
}

/** `print`: a line of the function's log. */
export function scoringService(environment: NodeJS.ProcessEnv, print: (line: string) => void, clock: Clock = systemClock): ScoringService {
  const setting = (name: string): string => settingOf(environment, name, 'serving');
  const stage = `${setting('MILLRACE_APP')}-${setting('MILLRACE_STAGE')}`;
  const [bucket, currency] = [setting('MILLRACE_MODELS'), setting('MILLRACE_SHOP_CURRENCY')];
  const s3 = signedService('s3', environment, clock, { timeoutMilliseconds: 5_000, tries: 2 });
  const dynamo = dynamoDbOf(environment, clock);
  const table = (name: string) => openDynamoDbStore({ calls: dynamo, table: setting(name), clock });
  const [api, online] = [table('MILLRACE_API_TABLE'), table('MILLRACE_ONLINE_TABLE')];
  const features = compileFeatures(FEATURE_PLANS, new Map(FEATURE_PLANS.contracts.map((text) => contractFromJson(text)).map((contract) => [contract.name, contract])));
  const declared = [...PREDICTOR_NAMES];
  const registry = new ModelReader(s3ModelStore({ requests: s3, bucket, folder: 'registry' }));
  const models = registryModels(registry, declared, (feature) => viewOf(features, feature));
  const demand = async () => {
    const answer = await s3({ method: 'GET', path: [bucket, DEMAND_KEY] });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw refused(`reading ${DEMAND_KEY}`, answer);
    const found = demandFromJson(textOf(answer));
    return found.version === '' ? undefined : found;
  };
  const held = new Held({
    requests: s3, bucket, models, clock,
    parts: servingParts({ environment, currency, timeZone: setting('MILLRACE_SHOP_TIME_ZONE'), models, registry, now: () => clock.now(), listed: (skus, at) => listedPrices(api, skus, at), demand }),
    experiments: async () => (await readExperiments(api)).filter(({ state }) => state === 'running'),
  });
  const log = invocationLog({
    put: kinesisPut(signedService('kinesis', environment, clock, { timeoutMilliseconds: 1_000, tries: 2 }), setting('MILLRACE_STREAM_PREFIX')), recent: api, clock,
    async setAside(lines) {
      const key = `waiting/${new Date(clock.now()).toISOString().slice(0, 10)}/${uuidv7(clock.now())}.jsonl`;
      const answer = await s3({ method: 'PUT', path: [bucket, key], body: lines });
      if (answer.status !== 200) throw refused(`putting predictions aside in s3://${bucket}/${key}`, answer);
    },
  });
  const canaries = new SharedCanaries({ canaryOf: (predictor) => models.canary(predictor), store: api, clock, id: uuidv7(clock.now()) });
  const keys = new AdmittedKeys();
  const app = createApp(contextOver(held, {
    version: setting('MILLRACE_VERSION'), clock, ids: { prediction: () => uuidv7(clock.now()) }, keys, usage: new Usage(() => clock.now()),
    idempotency: storedIdempotency(api, () => clock.now()), models, features: featureReader(features, () => online), log,
    canary: (predictor) => canaries.traffic(predictor),
    defaultPredictor: environment['MILLRACE_DEFAULT_PREDICTOR'] ?? defaultPredictorOf(declared), limits: { ...DEFAULT_LIMITS, featureMilliseconds: FEATURE_MS },
  }), { onError: (error, { method, path, requestId }) => print(JSON.stringify({ level: 'ERROR', message: messageOf(error), method, path, requestId })) });
  return {
    async answer(event) {
      const looking = held.refreshed();
      const result = await keys.during(event, async () => resultOf(await app.fetch(requestOf(event))));
      const [counts, uncounted] = await Promise.all([log.flush(), canaries.flush()]);
      // Between two requests the function stands still: what is not finished by then goes on with the next one.
      const patience = new AbortController();
      await Promise.race([looking, clock.sleep(LOOK_MS, patience.signal).catch(() => undefined)]);
      patience.abort();
      for (const line of servingMetrics(counts, uncounted === undefined ? held.failures : [...held.failures, uncounted], stage, clock.now())) print(line);
      return result;
    },
    async warm() {
      await Promise.allSettled([held.refreshed(), online.get(['warm'])]);
    },
  };
}
