// What a person is forgotten with, for the verb that does: this home, or the stage that `--stage` names.
import path from 'node:path';
import { systemClock } from '../base/index.ts';
import { loadFeatures } from '../features/index.ts';
import type { ForgetContext } from '../forget/index.ts';
import { forgetInHome, LIFTED_TAGS, loadProject } from '../local/index.ts';
import { interrupted } from './interrupted.ts';
import { withRuntime } from './runtime.ts';
import { stageOf } from './stage.ts';
import type { Invocation } from './verb.ts';

export async function withForgetContext<Result>(invocation: Invocation, work: (context: ForgetContext) => Promise<Result>): Promise<Result> {
  const stage = await stageOf(invocation);
  if (stage === undefined) return withRuntime(invocation, async (runtime) => work(await forgetInHome(runtime)));
  const { name, settings: { region, account } } = stage;
  // Loaded only for who asks for it: the clients of AWS take a while.
  const { openAccountForget } = await import('../forget/aws/index.ts');
  const { environment, signal } = invocation;
  const project = await loadProject(invocation.project);
  const features = await loadFeatures(path.join(invocation.project, 'features'), project.sources);
  const context = await openAccountForget({ stage: name, region, project, features, liftedTags: LIFTED_TAGS, clock: systemClock, signal, environment, ...(account === undefined ? {} : { account }) });
  try {
    return await work(context);
  } catch (error) {
    throw signal.aborted ? interrupted(error) : error;
  } finally {
    await context.close();
  }
}
