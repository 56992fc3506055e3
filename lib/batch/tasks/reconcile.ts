// Proves the counts of a run and keeps the proof in ops.ledger. Counts that do not agree fail the run: something lost or doubled rows.
import { MillraceError } from '../../base/index.ts';
import { proveFiles, proveGold, proveSilver, type LedgerEntry, type LedgerScope } from '../../quality/index.ts';
import type { AuditResult } from '../../warehouse/index.ts';
import type { BatchContext } from '../context.ts';
import { runContext } from '../run-context.ts';
import type { BatchPlan } from './plan.ts';

export async function reconcile(
  context: BatchContext, { run_id, plan }: { run_id: string; plan: BatchPlan },
): Promise<{ entries: LedgerEntry[] }> {
  const { project, lake, engine, parameters, signal } = runContext(context, run_id, plan);
  const scope = { project, lake, engine, parameters, signal };
  const audits = [...(await context.journal.gather<AuditResult[]>(run_id, 'audits-')).values()].flat();
  const [files, silver] = await Promise.all([settledFiles(context, scope), proveSilver(scope)]);
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

const TRIES = 4;
const BETWEEN_MS = 1000;

/**
 * Another process may be landing files meanwhile: their rows are in bronze a moment before ops.files tells of them. A source that differs is
 * counted again; one that really lost or doubled rows differs every time.
 */
async function settledFiles({ clock, signal }: BatchContext, scope: LedgerScope): Promise<LedgerEntry[]> {
  let entries = await proveFiles(scope);
  for (let tried = 1; tried < TRIES && entries.some(({ reconciles }) => !reconciles); tried++) {
    await clock.sleep(BETWEEN_MS, signal);
    const again = new Map((await proveFiles(scope)).map((entry) => [entry.subject, entry]));
    entries = entries.map((entry) => (entry.reconciles ? entry : again.get(entry.subject) ?? entry));
  }
  return entries;
}

function describe({ subject, expected, actual, parts }: LedgerEntry): string {
  return `${subject}: ${expected} ≠ ${actual} (${Object.entries(parts).map(([name, n]) => `${name} ${n}`).join(' + ')})`;
}
