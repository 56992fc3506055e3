// millrace rollback: makes an older snapshot the current one again.
import { snapshotNamed, tableNamed } from '../names.ts';
import { withRuntime } from '../runtime.ts';
import { present, type Verb } from '../verb.ts';

export const rollback: Verb = {
  name: 'rollback',
  summary: 'make an older snapshot of a table the current one',
  description: 'Makes an older snapshot of a table the current one. Nothing is deleted: rolling back to the newer snapshot undoes it. A model that was rolled back is computed again by the next run.',
  arguments: [{ name: '<table>', description: 'silver.orders' }],
  options: [{ flags: '--to <snapshot>', description: 'id of a snapshot or name of a tag (see millrace history)' }],
  examples: ['millrace rollback gold.daily_metrics --to 4815162342'],
  async run(invocation) {
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
