// Audits one model's table as it will be. What fails and blocks is the message that a person gets.
import { auditModel, type PreparedModel } from '../../warehouse/index.ts';
import type { BatchContext } from '../context.ts';
import { runContext } from '../run-context.ts';
import type { BatchPlan } from './plan.ts';

export async function audit(
  context: BatchContext, { run_id, model, plan, prepared }: { run_id: string; model: string; plan: BatchPlan; prepared: PreparedModel },
): Promise<{ passed: boolean; message: string }> {
  const { passed, message, results } = await auditModel(runContext(context, run_id, plan), prepared);
  await context.journal.note(run_id, `audits-${model}`, results);
  return { passed, message: message.slice(0, 10_000) };
}
