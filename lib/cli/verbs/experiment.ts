// millrace experiment start|ramp|stop|list: who takes part in an A/B test, and until when.
import { checkNoCanary, ExperimentFolder, registryOf, type KeptExperiment, type Runtime } from '../../local/index.ts';
import { shareOf } from '../experiment-options.ts';
import { withRuntime } from '../runtime.ts';
import { paint, percent, table } from '../terminal.ts';
import { present, type Verb } from '../verb.ts';

export const experimentStart: Verb = stateChange('start', async (folder, name, runtime) => {
  await checkNoCanary(registryOf(runtime), [await folder.load(name)]);
  return folder.start(name, runtime.clock.now());
}, 'runs: the API assigns units from now on');
export const experimentStop: Verb = stateChange('stop', async (folder, name, { clock }) => folder.stop(name, clock.now()), 'is stopped: everybody gets what they got before it');

export const experimentRamp: Verb = {
  description: 'A higher ramp only adds units: who is in a variant stays in it. To let fewer in, stop the experiment, since who has seen it would count on.',
  examples: ['millrace experiment ramp free_79 0.5'],
  async run(invocation) {
    await withRuntime(invocation, async ({ home }) => {
      const kept = await new ExperimentFolder(home).ramp(invocation.arguments[0] ?? '', shareOf('the share', invocation.arguments[1] ?? ''));
      present(invocation, kept, () => invocation.terminal.out(`${kept.name} takes ${percent(kept.ramp)} of the units\n`));
    });
  },
};

export const experimentList: Verb = {
  examples: ['millrace experiment list'],
  async run(invocation) {
    await withRuntime(invocation, async ({ home }) => {
      const all = await new ExperimentFolder(home).list();
      present(invocation, all, () => invocation.terminal.out(all.length === 0 ? 'no experiment yet\n  `millrace experiment create` makes one\n' : table(invocation.terminal, ['experiment', 'on', 'state', 'layer', 'slots', 'ramp', 'variants', 'metric'],
        all.map((one) => [one.name, one.subject, one.state, one.layer, one.slots.join('–'), String(one.ramp), one.variants.map(({ name }) => name).join(', '), one.primary.name]))));
    });
  },
};

function stateChange(word: 'start' | 'stop', change: (folder: ExperimentFolder, name: string, runtime: Runtime) => Promise<KeptExperiment>, says: string): Verb {
  return {
    examples: [`millrace experiment ${word} free_79`],
    async run(invocation) {
      await withRuntime(invocation, async (runtime) => {
        const kept = await change(new ExperimentFolder(runtime.home), invocation.arguments[0] ?? '', runtime);
        const missing = await missingAlias(runtime, kept);
        present(invocation, { ...kept, ...(missing === undefined ? {} : { missing }) }, () => {
          invocation.terminal.out(`${kept.name} ${says}\n`);
          if (missing !== undefined) invocation.terminal.out(`  ${paint(invocation.terminal, 'yellow', '!')} ${kept.subject.slice('predict:'.length)} has no ${missing} in this home yet: nobody takes part here until \`millrace promote\` makes one\n`);
        });
      });
    },
  };
}

/** Of a running experiment on a model: what a variant is to be answered by, and is not there. */
async function missingAlias(runtime: Runtime, { subject, state, variants }: KeptExperiment): Promise<string | undefined> {
  if (state !== 'running' || !subject.startsWith('predict:')) return undefined;
  const aliases = await registryOf(runtime).aliases(subject.slice('predict:'.length));
  return variants.map(({ settings }) => (settings['alias'] === 'challenger' ? 'challenger' : 'champion')).find((alias) => aliases[alias] === undefined);
}
