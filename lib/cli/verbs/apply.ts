// millrace apply: the tables of contracts and models, made and brought up to date, without a row.
import { applyTables } from '../../batch/index.ts';
import { withRuntime } from '../runtime.ts';
import { number, paint } from '../terminal.ts';
import { present, type Verb } from '../verb.ts';

export const apply: Verb = {
  description: 'Makes the table of every contract and model that has none yet, empty, and adds the columns that contracts and models have got. No row is computed. '
    + 'A model that changed in a way that breaks readers is left to its next run, which computes it anew; a contract that would break what bronze holds is refused (exit code 5). '
    + 'Runs and ingest do the same by themselves: this is for tables that must be there before the first row, and what a deployment on AWS does.',
  examples: ['millrace apply', 'millrace apply --json'],
  async run(invocation) {
    await withRuntime(invocation, async (runtime) => {
      const { lake, clock, signal } = runtime;
      const project = await runtime.project();
      const applied = await applyTables({ project, lake, clock, signal, engine: await runtime.engine(), shop: project.config.shop });
      present(invocation, applied, () => {
        const { terminal } = invocation;
        for (const name of applied.made) terminal.out(`  ${paint(terminal, 'green', '+')} ${name}  made\n`);
        for (const name of applied.changed) terminal.out(`  ${paint(terminal, 'green', '~')} ${name}  changed\n`);
        for (const name of applied.left) terminal.out(`  ${paint(terminal, 'yellow', '!')} ${name}  left to its next run: \`millrace plan\` tells what changes\n`);
        const { made, changed, left, same } = applied;
        terminal.out(`\n  ${number(made.length)} made, ${number(changed.length)} changed, ${number(left.length)} left to a run, ${number(same.length)} as they were\n`);
      });
    }, { create: true });
  },
};
