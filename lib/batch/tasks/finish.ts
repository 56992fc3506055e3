// Records a run: what its tasks noted becomes rows of ops.runs and ops.audits, once.
import { nextRunNumber, type OpsRow } from '../../quality/index.ts';
import type { AuditResult } from '../../warehouse/index.ts';
import type { BatchContext } from '../context.ts';

interface Fate { action: 'published' | 'skipped' | 'blocked' | 'failed'; reason: string }

export interface FinishPayload { run_id: string; status: 'succeeded' | 'failed'; failure?: { Error?: string; Cause?: string } }

export async function finish(context: BatchContext, { run_id, status, failure }: FinishPayload): Promise<{ status: string }> {
  const { journal, ops, clock, version } = context;
  const plan = (await journal.gather<{ as_of: string; startedAt: number }>(run_id, 'plan')).get('plan');
  const fates = [...(await journal.gather<Fate>(run_id, 'model-')).values()];
  const audits = [...(await journal.gather<AuditResult[]>(run_id, 'audits-')).values()].flat();
  const now = micros(clock.now());
  const count = (...actions: Fate['action'][]) => BigInt(fates.filter(({ action }) => actions.includes(action)).length);
  await ops.append('audits', audits.map((one): OpsRow => ({
    run_id, model: one.model, audit: one.audit, severity: one.severity, passed: one.passed, failures: BigInt(one.failures),
    description: one.description, sample: one.passed ? null : JSON.stringify(one.sample), audited_at: now,
  })), run_id);
  await ops.append('runs', [{
    run_id, workflow: 'batch', status,
    started_at: plan === undefined ? now : micros(plan.startedAt), ended_at: now,
    as_of: plan === undefined ? null : Math.round(Date.parse(`${plan.as_of}T00:00:00Z`) / 86_400_000),
    published: count('published'), skipped: count('skipped'), failed: count('failed', 'blocked'),
    failure: failure?.Error === undefined ? null : `${failure.Error}: ${failure.Cause ?? ''}`,
    version,
    number: await nextRunNumber(context.lake),
  }], run_id);
  await journal.forget(run_id);
  return { status };
}

function micros(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds)) * 1000n;
}
