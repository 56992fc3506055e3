// Opens the embedded runtime for a verb, and closes it whatever happens.
import { MillraceError } from '../base/index.ts';
import { openRuntime, type Runtime } from '../local/index.ts';
import type { Invocation } from './verb.ts';

/** Runs `work` over an existing home, or over a new one where `create` says so. */
export async function withRuntime<Result>(invocation: Invocation, work: (runtime: Runtime) => Promise<Result>, { create = false, moved = false } = {}): Promise<Result> {
  const runtime = await openRuntime({ home: invocation.home, project: invocation.project, create, moved, signal: invocation.signal });
  try {
    return await work(runtime);
  } catch (error) {
    if (invocation.signal.aborted && !(error instanceof MillraceError && error.code === 'interrupted')) {
      throw new MillraceError('interrupted', 'stopped by Ctrl-C; what was published stays, nothing is half-written', { todo: 'Run it again to go on.', cause: error });
    }
    throw error;
  } finally {
    await runtime.close();
  }
}
