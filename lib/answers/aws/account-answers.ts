// What a stage's answers are looked at again with, from elsewhere: its tables by Athena, its registry, the answers of the last thirty days, and its experiments.
import { openAccountModels, registryIn, type AccountRegistryOptions } from '../../learning/aws/index.ts';
import type { ModelRegistry } from '../../learning/index.ts';
import { openAccountTables, type AccountTables } from '../../warehouse/athena/index.ts';
import { openApiTable, readExperiments, recentAnswer, type PublishedExperiment } from '../../serving/aws/index.ts';
import type { PredictionRecord } from '../../serving/index.ts';

/** Where it is noted what is answered from, in the bucket of models. */
export const STATES_FOLDER = 'answers';

export interface AccountAnswers extends Pick<AccountTables, 'lake' | 'engine' | 'files'> {
  registry: ModelRegistry;
  /** `s3://millrace-dev-models-…/answers` */
  states: string;
  /** Of the last thirty days. */
  recent(id: string): Promise<PredictionRecord | undefined>;
  /** Those that decide now. */
  experiments(): Promise<PublishedExperiment[]>;
  close(): Promise<void>;
}

/** Whoever opens them closes them. @throws `usage` without credentials */
export async function openAccountAnswers(options: AccountRegistryOptions): Promise<AccountAnswers> {
  const { stage, region, clock, environment = {} } = options;
  const models = await openAccountModels(options);
  const { lake, engine, files, close } = openAccountTables({ stage, region, account: models.account, namespaces: [], clock, environment });
  const table = openApiTable({ stage, region, clock, environment });
  return {
    lake, engine, files, registry: registryIn(models), states: `${models.bucket}/${STATES_FOLDER}`,
    recent: (id) => recentAnswer(table, id),
    experiments: () => readExperiments(table),
    async close() {
      close();
      models.close();
      await table.close();
    },
  };
}
