// The answers of a home: its log, what its API remembers, its registry, its experiments.
import path from 'node:path';
import { bronzeLog, keepForAnswers, type AnswersContext, type KeptForAnswers } from '../answers/index.ts';
import { statesOfHome } from './answer-states.ts';
import { featuresOf, predictorsOf, registryOf } from './learning/index.ts';
import type { Runtime } from './runtime.ts';
import { ExperimentFolder, recentPredictions } from './serving/index.ts';

export function answersOfHome(runtime: Runtime): AnswersContext {
  const log = bronzeLog(runtime);
  const { lake, engine, signal, parameters } = runtime;
  return {
    lake, engine, parameters, ...(signal === undefined ? {} : { signal }), registry: registryOf(runtime), states: statesOfHome(runtime.home), experiments: () => new ExperimentFolder(runtime.home).list(),
    shop: async () => (await runtime.project()).config.shop, predictors: () => predictorsOf(runtime), features: () => featuresOf(runtime),
    log: {
      ...log,
      where: 'bronze.predictions, what the API remembers, and the tables of batch predictions',
      kept: 'An answer of the API is remembered for 30 days, and is in the lake some seconds after it was given, while `millrace start` or `millrace stream deliver` runs',
      // Also while nothing delivers its log.
      find: async (id) => await log.find(id) ?? await recentPredictions(path.join(runtime.home.root, 'api')).find(id),
    },
  };
}

/** Tags what the answers of a home were made from; to be called before snapshots expire. */
export async function keepForAnswersOfHome(runtime: Pick<Runtime, 'lake' | 'clock' | 'home' | 'learning' | 'projectFolder'>): Promise<KeptForAnswers> {
  const { lake, clock, home } = runtime;
  return keepForAnswers({ lake, clock, states: statesOfHome(home), registry: registryOf(runtime), predictors: (await predictorsOf(runtime)).values() });
}
