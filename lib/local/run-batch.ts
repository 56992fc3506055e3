// Runs the batch workflow on this machine: the state machine that CDK deploys, with each resource mapped to its adapter here.
import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError, uuidv7 } from '../base/index.ts';
import { BATCH_TASKS, Journal, type BatchContext, type BatchOptions, type BatchTask, type FileIngest } from '../batch/index.ts';
import { LocalFiles } from '../lake/index.ts';
import { OpsLog } from '../quality/index.ts';
import { discardLeftovers } from '../warehouse/index.ts';
import { compileWorkflow, Interpreter, type Json, type Outcome, type Workflow } from '../workflow/index.ts';
import { lockRuns } from './run-lock.ts';
import type { Runtime } from './runtime.ts';

/** Something that a task did, for who watches. */
export interface TaskEvent { task: string; phase: 'started' | 'ended' | 'failed'; payload: Record<string, Json>; result?: unknown; milliseconds?: number }

export interface BatchRun { runId: string; outcome: Outcome }

export interface RunBatchOptions {
  options?: BatchOptions;
  files: FileIngest;
  onTask?: (event: TaskEvent) => void;
}

/**
 * Runs to the end. A failed run is an outcome, recorded in ops.runs.
 * @throws MillraceError `conflict` where another run is at work on the home.
 */
export async function runBatch(runtime: Runtime, options: RunBatchOptions): Promise<BatchRun> {
  const unlock = await lockRuns(runtime.home.root);
  try {
    return await runLocked(runtime, options);
  } finally {
    await unlock();
  }
}

async function runLocked(runtime: Runtime, { options = {}, files, onTask }: RunBatchOptions): Promise<BatchRun> {
  const { home, clock, lake, signal, version } = runtime;
  const project = await runtime.project();
  const engine = await runtime.engine();
  // No other run is at work: what is staged still was left behind by one that was killed.
  await discardLeftovers({ engine, lake });
  const runId = uuidv7(clock.now());
  const context: BatchContext = {
    project, shop: project.config.shop, lake, engine, files, clock, version, signal,
    ops: new OpsLog({ lake, database: runtime.database }),
    journal: new Journal(new LocalFiles(), path.join(home.root, 'runs')),
  };
  const interpreter = new Interpreter(compileWorkflow(workflowOf(project.workflows, 'batch'), project.graph), {
    clock,
    random: Math.random,
    resources: {
      'arn:aws:states:::lambda:invoke': async (argument) => {
        const { FunctionName, Payload } = argument as { FunctionName: string; Payload: Record<string, Json> };
        return { Payload: (await watched(FunctionName.slice('${fn_'.length, -1), Payload, context, onTask)) as Json };
      },
      'arn:aws:states:::athena:startQueryExecution.sync': async (argument, inner) => {
        const { QueryString } = argument as { QueryString: string };
        await engine.execute(QueryString, { signal: inner });
        return {};
      },
      // The laptop's topic is a file that a person, or a test, can read.
      'arn:aws:states:::sns:publish': async (argument) => {
        await appendFile(path.join(home.root, 'notifications.jsonl'), `${JSON.stringify(argument)}\n`);
        return {};
      },
    },
  });
  return { runId, outcome: await interpreter.run(options as Json, { id: runId, name: runId }, signal) };
}

async function watched(name: string, payload: Record<string, Json>, context: BatchContext, onTask?: (event: TaskEvent) => void): Promise<unknown> {
  const task = (BATCH_TASKS as Record<string, BatchTask>)[name];
  if (task === undefined) throw new MillraceError('internal', `the workflow calls '${name}', which is not a task`);
  const started = context.clock.now();
  onTask?.({ task: name, phase: 'started', payload });
  try {
    const result = await task(context, payload as never);
    onTask?.({ task: name, phase: 'ended', payload, result, milliseconds: context.clock.now() - started });
    return result;
  } catch (error) {
    onTask?.({ task: name, phase: 'failed', payload, result: error, milliseconds: context.clock.now() - started });
    throw error;
  }
}

function workflowOf(workflows: ReadonlyMap<string, Workflow>, name: string): Workflow {
  const found = workflows.get(name);
  if (found === undefined) throw new MillraceError('not_found', `there is no workflow '${name}'`, { where: 'workflows/', todo: `There is: ${[...workflows.keys()].join(', ')}.` });
  return found;
}
