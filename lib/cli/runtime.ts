// Opens the embedded runtime for a verb, and closes it whatever happens.
import { explainedByOlderTables } from '../local/older-tables.ts';
import { openRuntime, type Runtime } from '../local/runtime.ts';
import { interrupted } from './interrupted.ts';
import type { Invocation } from './verb.ts';

/** Runs `work` over an existing home, or over a new one where `create` says so. */
export async function withRuntime<Result>(invocation: Invocation, work: (runtime: Runtime) => Promise<Result>, { create = false, moved = false } = {}): Promise<Result> {
  const runtime = await openRuntime({ home: invocation.home, project: invocation.project, create, moved, signal: invocation.signal });
  try {
    return await work(runtime);
  } catch (error) {
    throw invocation.signal.aborted ? interrupted(error) : await explainedByOlderTables(runtime, error).catch(() => error);
  } finally {
    await runtime.close();
  }
}
