// Decides which models run, and as of when. Whether one of them has to run at all is found out when its turn comes.
import { selectModels } from '../../warehouse/index.ts';
import { latestBusinessDate } from '../as-of.ts';
import type { BatchContext } from '../context.ts';

/** What a run is started with. Dates are ISO; `to` and `as_of` are exclusive. */
export interface BatchOptions { select?: string[]; full?: boolean; as_of?: string; from?: string; to?: string }

/** What every later task is given. */
export interface BatchPlan { as_of: string; models: string[]; full: boolean; range?: { from?: string; to?: string } }

export async function plan(context: BatchContext, { run_id, options }: { run_id: string; options: BatchOptions }): Promise<BatchPlan> {
  const models = options.select === undefined || options.select.length === 0 ? [...context.project.models.keys()] : selectModels(context.project.graph, options.select);
  const made: BatchPlan = {
    as_of: options.as_of ?? dayAfter(await latestBusinessDate(context)),
    models: [...models],
    full: options.full === true,
    ...(options.from === undefined && options.to === undefined ? {} : { range: { from: options.from, to: options.to } }),
  };
  await context.journal.note(run_id, 'plan', { ...made, startedAt: context.clock.now() });
  return made;
}

function dayAfter(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}
