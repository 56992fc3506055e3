// What answers are looked at again with, for a verb that does: those of this home, or of the stage that `--stage` names.
import { AnswerStates, silverLog, type AnswersContext } from '../answers/index.ts';
import { systemClock } from '../base/index.ts';
import { answersOfHome, ExperimentFolder, featuresOf, loadProject, predictorsOf, shopParameters } from '../local/index.ts';
import { parametersOf } from '../warehouse/index.ts';
import { interrupted } from './interrupted.ts';
import { withRuntime } from './runtime.ts';
import { stageOf, type NamedStage } from './stage.ts';
import type { Invocation } from './verb.ts';

export async function withAnswers<Result>(invocation: Invocation, work: (answers: AnswersContext) => Promise<Result>): Promise<Result> {
  const stage = await stageOf(invocation);
  return stage === undefined ? withRuntime(invocation, (runtime) => work(answersOfHome(runtime))) : ofStage(invocation, stage, work);
}

/** The predictors, features and settings are those of this project, which is to be as it was deployed; no home is needed. */
async function ofStage<Result>(invocation: Invocation, { name, settings: { region, account } }: NamedStage, work: (answers: AnswersContext) => Promise<Result>): Promise<Result> {
  // Loaded only for who asks for it: the clients of AWS take a while.
  const { openAccountAnswers } = await import('../answers/aws/index.ts');
  const { environment, signal } = invocation;
  const [project, stage] = await Promise.all([
    loadProject(invocation.project), openAccountAnswers({ stage: name, region, ...(account === undefined ? {} : { account }), clock: systemClock, environment }),
  ]);
  const { lake, registry } = stage;
  const declared = { projectFolder: invocation.project, project: async () => project };
  const engine = async () => stage.engine;
  const log = silverLog({ lake, engine });
  try {
    return await work({
      signal, lake, engine, registry, states: new AnswerStates(stage.files, stage.states),
      shop: async () => project.config.shop, predictors: () => predictorsOf(declared), features: () => featuresOf(declared),
      parameters: async (asOf, sql) => (parametersOf(sql).length === 0 ? {} : shopParameters(project.config.shop, asOf)),
      // Those that do not run any more are in the home of who declared them.
      experiments: async () => [...await stage.experiments(), ...await new ExperimentFolder({ root: invocation.home }).list()],
      log: {
        ...log,
        where: `silver.predictions of ${name}, what its API remembers, and the tables of batch predictions`,
        kept: 'An answer of the API is remembered for 30 days, and is in silver from the next run of the batch or of the refresh on',
        find: async (id) => await stage.recent(id) ?? await log.find(id),
      },
    });
  } catch (error) {
    throw signal.aborted ? interrupted(error) : error;
  } finally {
    await stage.close();
  }
}
