// The batch workflow as data: what it does when models succeed, fail, are throttled, and that AWS would take it.
import { describe, expect, it } from 'vitest';
import aslValidator from 'asl-validator';
import { compileWorkflow, Interpreter, StateFailure, type Json, type Resource } from '../../lib/workflow/index.ts';
import { batch } from '../../workflows/batch.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const graph = { levels: [['silver.a', 'silver.b'], ['gold.c']] };

type Functions = Record<string, (payload: Record<string, Json>) => unknown>;

/** The functions of the batch over a shop of three models; `overrides` makes some of them misbehave. */
async function run(overrides: Functions = {}, query: Resource = async () => ({})) {
  const calls: string[] = [];
  const functions: Functions = {
    discover: () => ({ batches: [{ source: 'a', parts: ['files-0', 'files-2'] }, { source: 'b', parts: ['files-1'] }] }),
    ingest: () => ({}),
    plan: () => ({ models: ['silver.a', 'silver.b', 'gold.c'] }),
    prepare: ({ model, failed }) => (model === 'gold.c' && (failed as string[]).includes('silver.a') ? { action: 'blocked', reason: 'silver.a failed' } : { action: 'run', statements: ['INSERT'], state: { model: model as Json } }),
    audit: () => ({ passed: true }),
    publish: () => ({}),
    discard: () => ({}),
    reconcile: () => ({}),
    finish: () => ({}),
    ...overrides,
  };
  const clock = new VirtualClock();
  const interpreter = new Interpreter(compileWorkflow(batch, graph), {
    clock,
    random: () => 0.5,
    resources: {
      'arn:aws:states:::lambda:invoke': async (argument) => {
        const { FunctionName, Payload } = argument as { FunctionName: string; Payload: Record<string, Json> };
        const name = FunctionName.slice('${fn_'.length, -1);
        calls.push([name, Payload['model'] ?? Payload['status']].filter(Boolean).join(' '));
        return { Payload: functions[name]?.(Payload) as Json };
      },
      'arn:aws:states:::athena:startQueryExecution.sync': query,
      'arn:aws:states:::sns:publish': async (argument) => { calls.push(`notify ${(argument as { Message: string }).Message}`); return {}; },
    },
  });
  return { outcome: await interpreter.run({}, { id: 'r', name: 'run-1' }), calls, clock };
}

describe('the batch workflow', () => {
  it('ingests, runs each level after the one it reads, reconciles and records', async () => {
    const { outcome, calls } = await run();
    expect(outcome.status).toBe('succeeded');
    expect(calls.filter((call) => call === 'ingest')).toHaveLength(3);
    expect(calls.indexOf('prepare gold.c')).toBeGreaterThan(calls.indexOf('publish silver.a'));
    expect(calls.slice(-2)).toEqual(['reconcile', 'finish succeeded']);
  });

  it('never publishes a table whose audits fail; what does not read it still is; the run fails and tells', async () => {
    const { outcome, calls } = await run({ audit: ({ model }) => (model === 'silver.a' ? { passed: false, message: 'unique: 3 rows' } : { passed: true }) });
    expect(outcome).toEqual({ status: 'failed', error: 'ModelsFailed', cause: 'silver.a, gold.c' });
    expect(calls).not.toContain('publish silver.a');
    expect(calls).toContain('discard silver.a');
    expect(calls).toContain('publish silver.b');
    expect(calls).not.toContain('publish gold.c');
    expect(calls.at(-2)).toBe('finish failed');
    expect(calls.at(-1)).toMatch(/^notify .*silver\.a/);
  });

  it('starts a model again from an empty staging place after a lost commit race, and backs off', async () => {
    let failures = 2;
    const { outcome, calls, clock } = await run({}, async () => {
      if (failures > 0) { failures -= 1; throw new StateFailure('States.TaskFailed', 'ICEBERG_COMMIT_ERROR: Failed to commit Iceberg update'); }
      return {};
    });
    expect(outcome.status).toBe('succeeded');
    expect(calls.filter((call) => call.startsWith('prepare silver'))).toHaveLength(4);
    // Beside the limit of the whole run.
    expect(clock.slept.filter((milliseconds) => milliseconds < 3_600_000)).toHaveLength(2);
  });

  it('runs statements that are too long for a state by their names, one after the other, before it audits', async () => {
    const ran: string[] = [];
    const { outcome, calls } = await run({
      prepare: ({ model }) => (model === 'silver.a' ? { action: 'run', statements: [], parts: ['statement-0', 'statement-1'], state: {} } : { action: 'skipped', reason: '' }),
      stage: ({ part }) => { ran.push(part as string); return {}; },
    }, async () => { throw new Error('there is no short statement'); });
    expect([outcome.status, ran]).toEqual(['succeeded', ['statement-0', 'statement-1']]);
    expect(calls.lastIndexOf('stage silver.a')).toBeLessThan(calls.indexOf('audit silver.a'));
  });

  it('does not try again what cannot get better', async () => {
    const { outcome, calls } = await run({}, async () => { throw new StateFailure('States.TaskFailed', 'ICEBERG_TOO_MANY_OPEN_PARTITIONS'); });
    expect(outcome.status).toBe('failed');
    expect(calls.filter((call) => call === 'prepare silver.a')).toHaveLength(1);
  });

  it('records and tells a failure of its own steps', async () => {
    const { outcome, calls } = await run({ discover: () => { throw new StateFailure('Millrace.io', 'no such folder'); } });
    expect(outcome).toEqual({ status: 'failed', error: 'Millrace.io', cause: 'no such folder' });
    expect(calls.slice(-2).map((call) => call.split(' ')[0])).toEqual(['finish', 'notify']);
  });

  it('runs only the models that the plan chose', async () => {
    const { calls } = await run({ plan: () => ({ models: ['silver.b'] }) });
    expect(calls.filter((call) => call.startsWith('prepare'))).toEqual(['prepare silver.b']);
  });

  it('is a definition that the independent validator accepts', () => {
    const { isValid, errorsText } = aslValidator(compileWorkflow(batch, graph), { checkPaths: true, checkArn: false });
    expect(errorsText()).toBe('');
    expect(isValid).toBe(true);
  });
});
