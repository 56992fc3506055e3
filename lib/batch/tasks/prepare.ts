// Prepares one model: nothing to do, held back by a failure upstream, or a staging place and the statements that fill it.
import { planModel, prepareModel, type PreparedModel } from '../../warehouse/index.ts';
import type { BatchContext } from '../context.ts';
import { runContext } from '../run-context.ts';
import type { BatchPlan } from './plan.ts';
import { stagingWork, type StagingWork } from './stage.ts';

export type PrepareResult =
  | ({ action: 'run'; reason: string; state: PreparedModel } & StagingWork)
  | { action: 'skipped' | 'blocked'; reason: string };

export async function prepare(
  context: BatchContext, { run_id, model, plan, failed }: { run_id: string; model: string; plan: BatchPlan; failed: string[] },
): Promise<PrepareResult> {
  const broken = context.project.models.get(model)?.reads.filter((read) => failed.includes(read)) ?? [];
  if (broken.length > 0) return note(context, run_id, model, { action: 'blocked', reason: `${broken.join(', ')} failed` });
  const run = runContext(context, run_id, plan);
  const planned = await planModel(run, model, { full: plan.full, range: rangeOf(context, model, plan) });
  if (planned.action === 'skip') return note(context, run_id, model, { action: 'skipped', reason: planned.reason });
  const { statements, ...state } = await prepareModel(run, planned);
  return { action: 'run', reason: planned.reason, ...await stagingWork(context, run_id, model, statements), state: { ...state, statements: [] } };
}

/** A back-fill concerns the models that are computed by time; the others run as ever. */
function rangeOf({ project }: BatchContext, model: string, { range }: BatchPlan): BatchPlan['range'] {
  return project.models.get(model)?.time === undefined ? undefined : range;
}

async function note(context: BatchContext, runId: string, model: string, fate: { action: 'skipped' | 'blocked'; reason: string }): Promise<PrepareResult> {
  await context.journal.note(runId, `model-${model}`, fate);
  return fate;
}
