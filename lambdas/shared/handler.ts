// A task as a Lambda handler: what a person can act on becomes an error whose name the state machine matches on.
import type { Context as LambdaInvocation } from 'aws-lambda';
import { MillraceError } from '../../lib/base/index.ts';

/** `Millrace.conflict` and so on: what Retry and Catch of the workflow name. */
class NamedError extends Error {
  constructor(error: MillraceError) {
    super(JSON.stringify(error), { cause: error });
    this.name = `Millrace.${error.code}`;
  }
}

export function asTask<Context, Payload, Result>(
  task: (context: Context, payload: Payload, invocation?: LambdaInvocation) => Promise<Result>, context: () => Promise<Context>,
): (payload: Payload, invocation?: LambdaInvocation) => Promise<Result> {
  return async (payload, invocation) => {
    try {
      return await task(await context(), payload, invocation);
    } catch (error) {
      throw error instanceof MillraceError ? new NamedError(error) : error;
    }
  };
}
