// What training, batch predictions and monitoring stand on in a function: Athena for the rows, DuckDB for what is written, the bucket for models.
import { contractFromJson } from '../../lib/contracts/index.ts';
import { latestBusinessDate } from '../../lib/batch/index.ts';
import { compileFeatures } from '../../lib/features/index.ts';
import { ModelRegistry, modelStoreOn } from '../../lib/learning/index.ts';
import type { Runtime } from '../../lib/local/index.ts';
import { parametersOf } from '../../lib/warehouse/index.ts';
import type { AwsContext } from '../shared/context.ts';
import { FEATURE_PLANS } from '../shared/feature-plans.ts';
import { PREDICTOR_PLANS } from '../shared/predictor-plans.ts';

/** The part of a home's runtime that learning uses, whatever it stands on. */
export type LearningRuntime = Pick<Runtime, 'version' | 'projectFolder' | 'clock' | 'lake' | 'signal' | 'learning' | 'project' | 'database' | 'engine' | 'parameters' | 'home'>;

/** `models`: the bucket of the registry. */
export function learningRuntime(context: AwsContext, models: string, signal?: AbortSignal): LearningRuntime {
  const { lake, clock, project, bulkEngine: engine, shop, scratch } = context;
  const contracts = new Map(FEATURE_PLANS.contracts.map((text) => contractFromJson(text)).map((contract) => [contract.name, contract]));
  const runtime = {
    version: context.version, projectFolder: '', clock, lake, ...(signal === undefined ? {} : { signal }),
    learning: {
      predictors: new Map(PREDICTOR_PLANS.map((one) => [one.name, one])), features: compileFeatures(FEATURE_PLANS, contracts),
      registry: new ModelRegistry(modelStoreOn(lake.context.files, `s3://${models}/registry`)),
    },
    home: { temporary: scratch },
    project: async () => project,
    database: context.database,
    engine: async () => engine,
    async parameters(asOf: string | undefined, sql: string) {
      const used = parametersOf(sql);
      if (used.length === 0) return {};
      const date = used.includes('as_of') ? (asOf ?? await latestBusinessDate({ project, lake, engine, signal })) : '1970-01-01';
      return { as_of: { type: 'date', value: date }, shop_currency: { type: 'varchar', value: shop.currency }, shop_time_zone: { type: 'varchar', value: shop.timeZone } };
    },
  };
  // Learning asks its engine to query and its home for a folder of temporary files; a home's own have more.
  return runtime as unknown as LearningRuntime;
}
