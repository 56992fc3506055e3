// millrace run: a workflow, from start to end.
import { MillraceError } from '../../base/index.ts';
import { selectModels } from '../../warehouse/index.ts';
import { interrupted } from '../interrupted.ts';
import { exitCodeOf, runReported } from '../run-reported.ts';
import { withRuntime } from '../runtime.ts';
import { printRun } from '../summary.ts';
import { present, type Verb } from '../verb.ts';

export const runBatchVerb: Verb = {
  description: 'Runs the batch workflow: new files into bronze, the models in DAG order, each audited before it is published, and the ledger. What has not changed is skipped.',
  options: [
    { flags: '--select <models...>', description: 'only these: gold.customer_metrics, silver.*, +model with what it reads, model+ with what reads it' },
    { flags: '--full', description: 'compute everything again, unchanged or not' },
    { flags: '--as-of <date>', description: 'count facts before this date (exclusive); default: the day after the latest business date of any source' },
    { flags: '--from <date>', description: 'back-fill: compute models by time again from this date' },
    { flags: '--to <date>', description: 'back-fill: up to this date, exclusive' },
  ],
  examples: ['millrace run batch', 'millrace run batch --select gold.customer_metrics+', 'millrace run batch --full --as-of 2018-10-18'],
  async run(invocation) {
    const [name] = invocation.arguments;
    if (name !== 'batch') throw new MillraceError('usage', `there is no workflow '${String(name)}'`, { todo: 'millrace run batch' });
    const { select, full, asOf, from, to } = invocation.options;
    const options = {
      ...(Array.isArray(select) ? { select } : {}),
      ...(full === true ? { full: true } : {}),
      ...dates({ as_of: asOf, from, to }),
    };
    return withRuntime(invocation, async (runtime) => {
      // A name mistyped is told before any file is read.
      if (Array.isArray(select)) selectModels((await runtime.project()).graph, select);
      const report = await runReported(invocation, runtime, options);
      present(invocation, report, () => printRun(invocation.terminal, report));
      if (report.status === 'aborted') throw interrupted();
      return exitCodeOf(report);
    }, { create: true });
  },
};

function dates(values: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const text = String(value);
    if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(Date.parse(text)) || new Date(text).toISOString().slice(0, 10) !== text) {
      throw new MillraceError('usage', `--${name.replace('_', '-')} wants a date, not '${text}'`, { todo: 'Write it as 2018-10-18.' });
    }
    return [[name, text]];
  }));
}
