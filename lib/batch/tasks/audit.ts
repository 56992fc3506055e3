// Audits one model's table as it will be. What fails and blocks is the message that a person gets.
import { auditModel, type PreparedModel } from '../../warehouse/index.ts';
import type { BatchContext } from '../context.ts';
import { runContext } from '../run-context.ts';
import type { BatchPlan } from './plan.ts';

/** What the workflow goes on with, and a person is shown; the results themselves are in ops.audits. */
export interface AuditCounts { passed: boolean; message: string; audits: number; passes: number; warnings: { audit: string; failures: number }[] }

export async function audit(
  context: BatchContext, { run_id, model, plan, prepared }: { run_id: string; model: string; plan: BatchPlan; prepared: PreparedModel },
): Promise<AuditCounts> {
  const { passed, message, results } = await auditModel(runContext(context, run_id, plan), prepared);
  await context.journal.note(run_id, `audits-${model}`, results);
  const warned = results.filter((one) => !one.passed && one.severity === 'warn');
  return {
    passed, message: message.slice(0, 10_000), audits: results.length, passes: results.filter((one) => one.passed).length,
    warnings: warned.slice(0, 20).map(({ audit: name, failures }) => ({ audit: name.slice(0, 300), failures })),
  };
}
