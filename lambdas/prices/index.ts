// A list of prices in an account: made from what Athena answers and the champion's demand, into gold by one commit, to the bucket's exports, to the API's table.
import type { Context } from 'aws-lambda';
import { systemClock, type PricingConfig } from '../../lib/base/index.ts';
import { openDynamoDbStore } from '../../lib/features/aws/index.ts';
import type { OnlineStore } from '../../lib/features/index.ts';
import { currentSnapshots, type Files } from '../../lib/lake/index.ts';
import { exportToBucket, handedPrices, makePriceList, readPriceTable, type PriceList, type Runtime } from '../../lib/local/index.ts';
import { AnswerStates, DEMAND, LISTS } from '../../lib/answers/index.ts';
import { PRICE_LIST } from '../../lib/serving/index.ts';
import { demandToJson, handOver, inTurn } from '../../lib/pricing/index.ts';
import type { PricesEvent, PricesResult } from '../../lib/serving/aws/index.ts';
import { STATES_FOLDER } from '../../lib/answers/aws/index.ts';
import { learningRuntime } from '../learn/runtime.ts';
import { lambdaContext, type AwsContext } from '../shared/context.ts';
import { settingOf } from '../shared/environment.ts';
import { DEMAND_KEY } from '../shared/serving-parts.ts';
import { asTask } from '../shared/handler.ts';
import { dynamoDbOf } from '../shared/signed-services.ts';
import { withDuckDb } from '../shared/with-duckdb.ts';

export interface Shop {
  /** Of the API. */
  store: OnlineStore;
  files: Files;
  /** `s3://bucket/exports/prices` */
  exports: string;
  /** The object from which the scoring function takes demand, `s3://bucket/serving/demand.json`. */
  demand: string;
  /** Where it is noted what is answered from, `s3://bucket/answers`. */
  states: string;
}

/** As long as the function may run. */
const TURN_MS = 15 * 60_000;
/** Before the function would be stopped. */
const MARGIN_MS = 30_000;
/** More than this would make the scoring function start slowly: it then goes by elasticities. */
const MOST_BYTES = 32 * 2 ** 20;
const NO_DEMAND = '{"version":"","items":{}}';

/** Gold first, then the files, then the API, which answers from nothing that is not noted: what is cut off leaves each with the list before or this one, whole, and the next call makes it good. */
export async function listPrices(runtime: Runtime, { store, files, exports, demand: place, states: folder }: Shop, { step = 'compute', policy }: PricesEvent): Promise<PricesResult> {
  const { lake, clock } = runtime;
  const states = new AnswerStates(files, folder);
  const handedOver = async (list: PriceList): Promise<PricesResult> => {
    const { header } = list;
    await states.note({ part: LISTS, at: clock.now(), snapshots: await currentSnapshots(lake, [PRICE_LIST]), facts: { list: header.listId } });
    await exportToBucket(files, exports, list);
    await handOver(store, header, handedPrices(list));
    return { list: header.listId, rows: header.rows, policy: header.policy, version: header.version, validTo: new Date(header.validTo).toISOString() };
  };
  return inTurn(store, { clock, milliseconds: TURN_MS }, async () => {
    if (step === 'export') return handedOver(await readPriceTable(runtime));
    const made = await makePriceList(runtime, policy);
    if (made === undefined) return { list: null, rows: 0 };
    const { list, demand, demandFrom } = made;
    const text = demand === undefined ? NO_DEMAND : demandToJson(demand);
    const isLoaded = demand !== undefined && text.length <= MOST_BYTES;
    if (isLoaded && demandFrom !== undefined) await states.note({ part: DEMAND, at: clock.now(), snapshots: demandFrom.snapshots, facts: { champion: demandFrom.champion, demandAsOf: demandFrom.asOf } });
    await files.write(place, Buffer.from(isLoaded ? text : NO_DEMAND));
    return { ...await handedOver(list), demand: isLoaded ? demand.version : null };
  });
}

/** What learning stands on, with the project's settings of prices. */
export function pricesRuntime(context: AwsContext, models: string, pricing: PricingConfig | undefined, signal?: AbortSignal): Runtime {
  const learning = learningRuntime(context, models, signal);
  const config = { shop: context.shop, ...(pricing === undefined ? {} : { pricing }) };
  // A list asks its project for contracts, models and these settings; a home's own has more.
  return { ...learning, project: async () => ({ ...context.project, config }) } as unknown as Runtime;
}

export const handler = asTask(async (context: AwsContext, event: PricesEvent, lambda?: Context) => {
  const setting = (name: string): string => settingOf(process.env, name, 'serving');
  const signal = AbortSignal.timeout(Math.max(1, (lambda?.getRemainingTimeInMillis() ?? TURN_MS) - MARGIN_MS));
  const pricing = process.env['MILLRACE_PRICING'];
  const bucket = setting('MILLRACE_MODELS');
  const runtime = pricesRuntime(context, bucket, pricing === undefined ? undefined : JSON.parse(pricing) as PricingConfig, signal);
  const store = openDynamoDbStore({ calls: dynamoDbOf(process.env, systemClock), table: setting('MILLRACE_API_TABLE'), clock: systemClock });
  return listPrices(runtime, { store, files: context.lake.context.files, exports: `s3://${bucket}/exports/prices`, demand: `s3://${bucket}/${DEMAND_KEY}`, states: `s3://${bucket}/${STATES_FOLDER}` }, event);
}, lambdaContext(withDuckDb));
