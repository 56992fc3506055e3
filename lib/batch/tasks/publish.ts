// Publishes what one model staged, by one commit; or lets it go.
import { discardModel, publishModel, type PreparedModel, type PublishedModel } from '../../warehouse/index.ts';
import type { BatchContext } from '../context.ts';
import { runContext } from '../run-context.ts';

export async function publish(context: BatchContext, { run_id, model, prepared }: { run_id: string; model: string; prepared: PreparedModel }): Promise<PublishedModel> {
  const published = await publishModel(runContext(context, run_id, { as_of: prepared.plan.parameters['as_of'] ?? '1970-01-01' }), prepared);
  await context.journal.note(run_id, `model-${model}`, { action: 'published', reason: prepared.plan.reason, ...published });
  return published;
}

export async function discard(context: BatchContext, { run_id, model, error }: { run_id: string; model: string; error: { Error: string; Cause: string } }): Promise<Record<string, never>> {
  await discardModel(runContext(context, run_id, { as_of: '1970-01-01' }), model);
  await context.journal.note(run_id, `model-${model}`, { action: 'failed', reason: `${error.Error}: ${error.Cause}` });
  return {};
}
