// millrace plan: what a run would do, and why, without doing it.
import { latestBusinessDate, runContext } from '../../batch/index.ts';
import { explainRun, selectModels } from '../../warehouse/index.ts';
import { withRuntime } from '../runtime.ts';
import { bytes, number, paint, table } from '../terminal.ts';
import { present, type Verb } from '../verb.ts';

export const planVerb: Verb = {
  description: 'Tells what a run would do, without doing it: models that would run and why, columns and types that would change, who reads them, what would be scanned, and where Athena would object. Files that have not landed are not counted.',
  options: [
    { flags: '--select <models...>', description: 'only these: gold.customer_metrics, silver.*, +model, model+' },
    { flags: '--full', description: 'as if everything were computed again' },
    { flags: '--as-of <date>', description: 'as of this date' },
    { flags: '--all', description: 'also the models that would not run' },
  ],
  examples: ['millrace plan', 'millrace plan --select gold.customer_metrics+ --json'],
  async run(invocation) {
    const { options, terminal } = invocation;
    await withRuntime(invocation, async (runtime) => {
      const project = await runtime.project();
      const engine = await runtime.engine();
      const scope = { project, lake: runtime.lake, engine, signal: invocation.signal };
      const asOf = typeof options['asOf'] === 'string' ? options['asOf'] : new Date(Date.parse(await latestBusinessDate(scope)) + 86_400_000).toISOString().slice(0, 10);
      const context = { ...scope, clock: runtime.clock, shop: project.config.shop };
      const names = Array.isArray(options['select']) ? selectModels(project.graph, options['select']) : [...project.models.keys()];
      const explained = await explainRun(runContext(context, 'plan', { as_of: asOf }), names, { full: options['full'] === true });
      present(invocation, { asOf, models: explained }, () => {
        const shown = explained.filter(({ status }) => options['all'] === true || status !== 'unchanged');
        terminal.out(`  as of ${asOf}: ${explained.length - explained.filter(({ status }) => status === 'unchanged').length} of ${explained.length} models would run\n\n`);
        if (shown.length > 0) {
          terminal.out(table(terminal, ['model', 'status', 'why', 'computes', 'rows to scan', 'bytes'], shown.map((one) => [
            one.model, one.status, one.reason, one.computes, number(one.scan.rows), bytes(one.scan.bytes),
          ])));
        }
        for (const one of explained) {
          for (const { change, column } of one.changes) terminal.out(`  ${one.breaking ? paint(terminal, 'red', '!') : '·'} ${one.model}.${column} ${change}\n`);
          for (const { model, columns } of one.downstream) terminal.out(`      read by ${model}: ${columns.join(', ')}\n`);
          for (const text of one.limits) terminal.out(`  · ${one.model}: ${text}\n`);
        }
      });
    });
  },
};
