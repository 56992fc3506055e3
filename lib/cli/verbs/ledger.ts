// millrace ledger: whether every row of a run is accounted for, from files to gold.
import { MillraceError } from '../../base/index.ts';
import { latestRunWithLedger } from '../../quality/index.ts';
import { number, paint, table } from '../terminal.ts';
import { withRuntime } from '../runtime.ts';
import { present, type Verb } from '../verb.ts';

export const ledger: Verb = {
  description: 'Shows what a run proved: rows of files = bronze + quarantined, bronze = silver + dropped by a named rule, sums of gold = sums of silver. Exit code 6 where something does not reconcile.',
  options: [{ flags: '--run <id>', description: 'a run of ops.runs; default: the latest' }],
  examples: ['millrace ledger', 'millrace ledger --json', 'millrace query "SELECT run_id, status, ended_at FROM ops.runs ORDER BY number DESC LIMIT 5"'],
  async run(invocation) {
    return withRuntime(invocation, async ({ lake, engine }) => {
      if (!(await lake.tableExists({ namespace: 'ops', name: 'ledger' }))) {
        throw new MillraceError('not_found', 'no run has written a ledger yet', { todo: 'millrace run batch' });
      }
      const sql = await engine();
      const asked = invocation.options['run'] as string | undefined;
      const runId = asked ?? await latestRunWithLedger(lake, sql) ?? '';
      if (!/^[0-9a-fA-F-]{1,64}$/.test(runId)) throw new MillraceError('usage', `'${runId}' is not the id of a run`);
      const { rows } = await sql.query(`SELECT step, subject, expected, actual, reconciles, parts FROM ops.ledger WHERE run_id = '${runId}' ORDER BY CASE step WHEN 'files' THEN 1 WHEN 'silver' THEN 2 ELSE 3 END, subject`);
      if (rows.length === 0) throw new MillraceError('not_found', `there is no ledger of run ${runId}`, { todo: 'millrace query "SELECT DISTINCT run_id FROM ops.ledger"' });
      const entries = rows.map(([step, subject, expected, actual, reconciles, parts]) => ({
        step: String(step), subject: String(subject), expected: String(expected), actual: String(actual), reconciles: reconciles === true, parts: JSON.parse(String(parts)) as Record<string, string>,
      }));
      const whole = entries.every(({ reconciles }) => reconciles);
      const { terminal } = invocation;
      present(invocation, { run: runId, reconciles: whole, entries }, () => {
        terminal.out(`run ${runId}\n\n`);
        const shown = (value: string) => (/^\d+$/.test(value) ? number(value) : value);
        terminal.out(table(terminal, ['', 'step', 'subject', 'rows', '=', 'made of'], entries.map((entry) => [
          entry.reconciles ? '✔' : '✖', entry.step, entry.subject, shown(entry.expected), shown(entry.actual),
          Object.entries(entry.parts).filter(([, n]) => n !== '0').map(([name, n]) => `${name} ${shown(n)}`).join(' + '),
        ])));
        terminal.out(whole ? `\n${paint(terminal, 'green', 'everything reconciles')}\n` : `\n${paint(terminal, 'red', 'the ledger does not reconcile')}\n`);
      });
      return whole ? 0 : 6;
    });
  },
};
