// The runtime of a verb that works with versions of models: over the registry of the home, or of the stage that `--stage` names.
import { systemClock } from '../base/index.ts';
import { featuresOf, predictorsOf, type Runtime } from '../local/index.ts';
import { withRuntime } from './runtime.ts';
import { stageOf } from './stage.ts';
import type { Invocation } from './verb.ts';

export async function withRegistry<Result>(invocation: Invocation, work: (runtime: Runtime) => Promise<Result>): Promise<Result> {
  const stage = await stageOf(invocation);
  if (stage === undefined) return withRuntime(invocation, work);
  return withRuntime(invocation, async (runtime) => {
    // Loaded only for who asks for it: the clients of AWS take a while.
    const { openAccountRegistry } = await import('../learning/aws/index.ts');
    const { region, account } = stage.settings;
    const registry = await openAccountRegistry({ stage: stage.name, region, ...(account === undefined ? {} : { account }), clock: systemClock, environment: invocation.environment });
    return work({ ...runtime, learning: { predictors: await predictorsOf(runtime), features: await featuresOf(runtime), registry } });
  }, { create: true });
}
