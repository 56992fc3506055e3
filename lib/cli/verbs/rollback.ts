// millrace rollback: makes an older snapshot of a table the current one again, or lets an earlier version of a predictor answer again.
import { snapshotNamed, tableNamed } from '../names.ts';
import { withRuntime } from '../runtime.ts';
import { STAGE_OPTION } from '../stage.ts';
import { present, type Verb } from '../verb.ts';
import { rollbackModel } from './promote.ts';

export const rollback: Verb = {
  description: 'Makes an older snapshot of a table the current one. Nothing is deleted: rolling back to the newer snapshot undoes it. A model that was rolled back is computed again by the next run. Of a predictor, the version that answered before the champion does so again.',
  options: [{ flags: '--to <snapshot>', description: 'id of a snapshot or name of a tag (see millrace history)' }, { ...STAGE_OPTION, description: 'of an account, for a predictor; default: this home' }],
  examples: ['millrace rollback gold.daily_metrics --to 4815162342', 'millrace rollback conversion', 'millrace rollback conversion --stage prod'],
  async run(invocation) {
    const [name = ''] = invocation.arguments;
    if (!name.includes('.')) return rollbackModel(invocation, name);
    await withRuntime(invocation, async ({ lake }) => {
      const table = await tableNamed(lake, invocation.arguments[0] as string);
      const to = snapshotNamed(table, String(invocation.options['to'] ?? ''));
      const before = table.metadata['current-snapshot-id'];
      await table.rollback(to);
      const result = { table: invocation.arguments[0], from: before === undefined ? null : String(before), to: String(to) };
      present(invocation, result, () => invocation.terminal.out(`${result.table} is at snapshot ${result.to} again (was ${result.from ?? 'empty'})\n`));
    });
  },
};
