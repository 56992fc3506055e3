// The step before publication: every audit over the table as it will be.
import { MillraceError } from '../../base/index.ts';
import { currentSchema } from '../../lake/index.ts';
import { KEY_AUDITS } from '../audits/definition.ts';
import { auditTables } from '../audits/render.ts';
import { describeFailure, renderUse, runAudits, type AuditResult, type RenderedAudit } from '../audits/run.ts';
import type { AuditUse, Model } from '../types.ts';
import { findTable, type RunContext } from './context.ts';
import { evolutionOf } from './target.ts';
import { modelOf } from './plan.ts';
import { inputOverlays, replacedKeys, runOptions, type PreparedModel } from './prepare.ts';
import { filesOfSamePartitions, futureTable, replacementOf } from './replacement.ts';

/** Survives a JSON round trip. */
export interface AuditOutcome {
  /** No blocking audit failed. */
  passed: boolean;
  results: AuditResult[];
  /** What failed and blocks, for a person; empty where it passed. */
  message: string;
}

/** Audits a prepared model whose statements have run. */
export async function auditModel(context: RunContext, prepared: PreparedModel): Promise<AuditOutcome> {
  const { plan, staging, base } = prepared;
  const model = modelOf(context, plan.model);
  const more = keyAudits(model);
  if (model.audits.length + more.length === 0) return { passed: true, results: [], message: '' };
  const table = await findTable(context.lake, model.name);
  if (table === undefined) throw new MillraceError('conflict', `the table ${model.name} is gone`, { todo: 'Run the model again.' });
  const schema = currentSchema(evolutionOf(model, plan)(table.metadata));
  const partitions = base !== null && replacementOf(model, plan, base) === 'partitions'
    ? await filesOfSamePartitions(table, base, await context.engine.stagedFiles(staging)) : [];
  const keys = await replacedKeys(context, model, plan, staging, base);
  const future = futureTable(model, plan, schema, base, context.engine.stagedRelation(staging), { partitions, keys });
  const options = runOptions(context, plan);
  const others = await inputOverlays(context, auditTables(model, context.project.audits).map((table) => table.replace(/^source\./, 'bronze.')));
  const audits = new Map([...KEY_AUDITS, ...context.project.audits]);
  const uses = [...more, ...model.audits].map((use): RenderedAudit => renderUse(use, audits, model, context.project.sources));
  const results = await runAudits(context.engine, model.name, uses, { ...options, overlays: { ...others, [model.name]: future } });
  const blocking = results.filter(({ passed, severity }) => !passed && severity === 'block');
  return { passed: blocking.length === 0, results, message: blocking.map(describeFailure).join('\n') };
}

/** A merge relies on its key: no row without one, no two rows with the same. */
function keyAudits(model: Model): AuditUse[] {
  if (model.kind !== 'merge') return [];
  const columns = [...model.key];
  return [
    { audit: 'key_is_unique', severity: 'block', args: { columns } },
    ...columns.map((column): AuditUse => ({ audit: 'key_is_there', severity: 'block', args: { column } })),
  ];
}
