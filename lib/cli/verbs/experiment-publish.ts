// millrace experiment publish: the experiments of this home decide in an account, too.
import { MillraceError, systemClock } from '../../base/index.ts';
import { checkLayers } from '../../experiments/index.ts';
import { checkNoCanary, ExperimentFolder, openHome, registryOf } from '../../local/index.ts';
import { withRegistry } from '../registry.ts';
import { stageOf, STAGE_OPTION } from '../stage.ts';
import { present, type Verb } from '../verb.ts';

export const experimentPublish: Verb = {
  description: 'Puts all experiments that run in this home in place of those that decide in the account; its API follows within half a minute. Create, start and stop them here, and publish each time.',
  options: [STAGE_OPTION],
  examples: ['millrace experiment publish --stage prod'],
  async run(invocation) {
    const stage = await stageOf(invocation);
    if (stage === undefined) throw new MillraceError('usage', 'no stage is named', { todo: 'millrace experiment publish --stage prod' });
    const running = (await new ExperimentFolder(await openHome(invocation.home, { create: false })).list()).filter(({ state }) => state === 'running');
    checkLayers(running);
    if (running.some(({ subject }) => subject.startsWith('predict:'))) await withRegistry(invocation, (runtime) => checkNoCanary(registryOf(runtime), running, stage.name));
    // Loaded only for who asks for it: the clients of AWS take a while.
    const { openApiTable, publishExperiments } = await import('../../serving/aws/index.ts');
    const table = openApiTable({ stage: stage.name, region: stage.settings.region, clock: systemClock, environment: invocation.environment });
    await publishExperiments(table, running).finally(() => table.close());
    present(invocation, { published: running.map(({ name }) => name) }, () => invocation.terminal.out(running.length === 0 ? 'no experiment decides there now\n' : `${running.map(({ name }) => name).join(', ')} now decide${running.length === 1 ? 's' : ''} there\n`));
  },
};
