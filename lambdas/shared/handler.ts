// A task as a Lambda handler: what a person can act on becomes an error whose name the state machine matches on.
import { MillraceError } from '../../lib/base/index.ts';
import type { BatchContext } from '../../lib/batch/index.ts';

/** `Millrace.conflict` and so on: what Retry and Catch of the workflow name. */
class NamedError extends Error {
  constructor(error: MillraceError) {
    super(JSON.stringify(error), { cause: error });
    this.name = `Millrace.${error.code}`;
  }
}

export function asTask<Payload, Result>(task: (context: BatchContext, payload: Payload) => Promise<Result>, context: () => Promise<BatchContext>): (payload: Payload) => Promise<Result> {
  return async (payload) => {
    try {
      return await task(await context(), payload);
    } catch (error) {
      throw error instanceof MillraceError ? new NamedError(error) : error;
    }
  };
}
