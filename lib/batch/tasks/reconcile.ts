// Proves the counts of a run and keeps the proof in ops.ledger. Counts that do not agree fail the run: something lost or doubled rows.
import { MillraceError } from '../../base/index.ts';
import { proveFiles, proveGold, proveSilver, type LedgerEntry } from '../../quality/index.ts';
import type { AuditResult } from '../../warehouse/index.ts';
import type { BatchContext } from '../context.ts';
import { runContext } from '../run-context.ts';
import type { BatchPlan } from './plan.ts';

export async function reconcile(
  context: BatchContext, { run_id, plan, failed }: { run_id: string; plan: BatchPlan; failed: string[] },
): Promise<{ entries: LedgerEntry[] }> {
  const { project, lake, engine, parameters, signal } = runContext(context, run_id, plan);
  const scope = { project, lake, engine, parameters, signal };
  const audits = [...(await context.journal.gather<AuditResult[]>(run_id, 'audits-')).values()].flat();
  const [files, silver] = await Promise.all([proveFiles(scope), proveSilver(scope, await notComputed(context, failed))]);
  const entries = [...files, ...silver, ...proveGold(audits)];
  const now = BigInt(Math.round(context.clock.now())) * 1000n;
  await context.ops.append('ledger', entries.map((entry) => ({ run_id, ...entry, parts: JSON.stringify(entry.parts), proved_at: now })), run_id);
  const wrong = entries.filter(({ reconciles, step }) => !reconciles && step !== 'gold');
  if (wrong.length > 0) {
    throw new MillraceError('audit_failed', `the ledger does not reconcile: ${wrong.map(describe).join('; ')}`, {
      where: 'ops.ledger', todo: '`millrace ledger` shows all counts; `millrace doctor` looks for the cause.',
    });
  }
  return { entries };
}

/** Models whose tables do not show what bronze holds now: they failed, or never ran. */
async function notComputed({ project, lake }: BatchContext, failed: readonly string[]): Promise<ReadonlySet<string>> {
  const missing = await Promise.all([...project.models.keys()].map(async (name) => {
    const [namespace = '', table = ''] = name.split('.');
    return (await lake.tableExists({ namespace, name: table })) ? [] : [name];
  }));
  return new Set([...failed, ...missing.flat()]);
}

function describe({ subject, expected, actual, parts }: LedgerEntry): string {
  return `${subject}: ${expected} ≠ ${actual} (${Object.entries(parts).map(([name, n]) => `${name} ${n}`).join(' + ')})`;
}
