// A failure inside a running workflow: an error name that Retry and Catch match on, and a cause for people.
import { MillraceError, messageOf } from '../base/index.ts';

export class StateFailure extends Error {
  readonly error: string;
  override readonly cause: string;

  constructor(error: string, cause: string) {
    super(`${error}: ${cause}`);
    this.name = 'StateFailure';
    this.error = error;
    this.cause = cause;
  }

  /** What a task threw, as Step Functions would name it: a Lambda's error carries its class name. */
  static of(thrown: unknown): StateFailure {
    if (thrown instanceof StateFailure) return thrown;
    if (thrown instanceof MillraceError) return new StateFailure(`Millrace.${thrown.code}`, JSON.stringify(thrown));
    return new StateFailure(thrown instanceof Error ? thrown.name : 'Error', messageOf(thrown));
  }
}

/** Errors that `States.ALL` and `States.TaskFailed` do not stand for. */
const NEVER_CAUGHT = new Set(['States.DataLimitExceeded', 'States.Runtime']);

/** Whether a Retry or Catch clause speaks of this error (Step Functions, "Error names"). */
export function matchesError(errorEquals: readonly string[], error: string): boolean {
  if (errorEquals.includes(error)) return true;
  if (NEVER_CAUGHT.has(error)) return false;
  if (errorEquals.includes('States.ALL')) return true;
  return errorEquals.includes('States.TaskFailed') && error !== 'States.Timeout';
}
