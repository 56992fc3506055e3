// millrace lineage: where a table or a column comes from, and what is made of it.
import { MillraceError } from '../../base/index.ts';
import { lineageOf } from '../../warehouse/index.ts';
import { withRuntime } from '../runtime.ts';
import { table } from '../terminal.ts';
import { present, type Verb } from '../verb.ts';

export const lineage: Verb = {
  examples: ['millrace lineage gold.customer_metrics', 'millrace lineage gold.customer_metrics.segment --json'],
  async run(invocation) {
    const [namespace, name, column, ...rest] = (invocation.arguments[0] ?? '').split('.');
    if (!namespace || !name || rest.length > 0) throw new MillraceError('usage', `'${String(invocation.arguments[0])}' is neither a table nor a column`, { todo: 'Write silver.orders or silver.orders.order_id.' });
    await withRuntime(invocation, async ({ project }) => {
      const columns = lineageOf(await project(), `${namespace}.${name}`, column);
      present(invocation, columns, () => {
        const { terminal } = invocation;
        terminal.out(table(terminal, ['column', 'type', 'computed from', 'goes into', 'used by'], columns.map((one) => [
          one.column, one.type,
          one.from.map(({ table: from, column: of }) => `${from}.${of}`).join(', '),
          one.to.map(({ table: to, column: of }) => `${to}.${of}`).join(', '),
          one.usedBy.join(', '),
        ])));
      });
    });
  },
};
