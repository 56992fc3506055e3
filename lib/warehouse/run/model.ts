// One model from plan to publication, for whoever drives the steps in one process.
import { MillraceError } from '../../base/index.ts';
import { auditModel, type AuditOutcome } from './audit.ts';
import type { RunContext } from './context.ts';
import { modelOf, planModel, type ModelPlan, type PlanOptions } from './plan.ts';
import { prepareModel } from './prepare.ts';
import { isBreaking } from './schema-change.ts';
import { checkColumns, ensureTable, evolutionOf } from './target.ts';
import { discardModel, publishModel, type PublishedModel } from './publish.ts';

export type ModelOutcome =
  | { status: 'skipped'; plan: ModelPlan }
  | { status: 'published'; plan: ModelPlan; audits: AuditOutcome; published: PublishedModel }
  | { status: 'audit failed'; plan: ModelPlan; audits: AuditOutcome };

/** How often a run starts again after another writer won a race. */
const TRIES = 3;

/** Plans, stages, audits and publishes a model. A failed audit is a value; whatever else goes wrong is thrown, and nothing stays staged. */
export async function runModel(context: RunContext, name: string, options: PlanOptions = {}): Promise<ModelOutcome> {
  for (let tried = 1; ; tried++) {
    try {
      return await runOnce(context, name, options);
    } catch (error) {
      await discardModel(context, name);
      const lostRace = error instanceof MillraceError && error.code === 'conflict';
      if (!lostRace || tried >= TRIES) throw error;
    }
  }
}

async function runOnce(context: RunContext, name: string, options: PlanOptions): Promise<ModelOutcome> {
  const plan = await planModel(context, name, options);
  if (plan.action === 'skip') return { status: 'skipped', plan };
  const prepared = await prepareModel(context, plan);
  for (const statement of prepared.statements) await context.engine.execute(statement, { signal: context.signal });
  const audits = await auditModel(context, prepared);
  if (!audits.passed) {
    await discardModel(context, name);
    return { status: 'audit failed', plan, audits };
  }
  return { status: 'published', plan: prepared.plan, audits, published: await publishModel(context, prepared) };
}

/** What became of a model's table: `left` to the next run, which computes it anew, since a reader would miss a column or find another type. */
export type EnsuredTable = 'made' | 'changed' | 'same' | 'left';

/** Makes the empty table of a model where there is none, so that it can be read before its first run; adds columns that it has got. */
export async function ensureModelTable(context: RunContext, name: string): Promise<EnsuredTable> {
  const plan = await planModel(context, name);
  const model = modelOf(context, name);
  checkColumns(model, plan.columns);
  const table = await ensureTable(context, model, plan);
  if (plan.isNew) return 'made';
  if (plan.changes.some(isBreaking)) return 'left';
  const before = table.pointer.metadataLocation;
  await table.change(evolutionOf(model, plan));
  return table.pointer.metadataLocation === before ? 'same' : 'changed';
}
