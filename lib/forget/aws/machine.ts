// The batch of a stage, asked for from elsewhere: who is at work, and a run of some models that is waited for.
import { MillraceError, uuidv7, type Clock } from '../../base/index.ts';
import { textOf, type AwsRequests } from '../../base/aws/index.ts';
import type { Outcome } from '../../workflow/index.ts';

export interface StageMachinesOptions {
  /** Of Step Functions. */
  requests: AwsRequests;
  /** `arn:aws:states:eu-central-1:123456789012` */
  place: string;
  /** `millrace-dev` */
  stage: string;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

export interface StageMachines {
  /** Waits until neither the batch nor the upkeep is at work. */
  idle(): Promise<void>;
  /** Runs the batch. A failed run is an outcome. */
  run(input: object): Promise<{ runId: string; outcome: Outcome }>;
}

/** The first looks come soon after each other, later ones not. */
const pauseBefore = (look: number): number => Math.min(10_000, 250 * 1.5 ** look);

export function stageMachines({ requests, place, stage, clock, signal }: StageMachinesOptions): StageMachines {
  const call = async <Answer>(operation: string, input: object): Promise<Answer> => {
    const answer = await requests({ method: 'POST', headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AWSStepFunctions.${operation}` }, body: JSON.stringify(input) });
    const body = JSON.parse(textOf(answer) || '{}') as Answer & { __type?: string; message?: string };
    if (answer.status === 200) return body;
    if (body.__type?.endsWith('StateMachineDoesNotExist') === true) throw new MillraceError('not_found', `there is no state machine in ${stage} that is asked for`, { where: body.message ?? place, todo: 'Deploy the batch stack of the stage first.' });
    throw new MillraceError('io', `Step Functions refused ${operation}: ${body.__type ?? answer.status} ${body.message ?? ''}`, { where: place, ...(answer.status === 403 || body.__type?.includes('AccessDenied') === true ? { todo: `Allow states:${operation} on the machines of the stage.` } : {}) });
  };
  const machine = (name: string) => `${place}:stateMachine:${stage}-${name}`;
  const isAtWork = async (name: string): Promise<boolean> => {
    const { executions } = await call<{ executions: unknown[] }>('ListExecutions', { stateMachineArn: machine(name), statusFilter: 'RUNNING', maxResults: 1 });
    return executions.length > 0;
  };
  const idle = async (): Promise<void> => {
    for (let look = 0; await isAtWork('batch') || await isAtWork('upkeep'); look++) {
      signal?.throwIfAborted();
      await clock.sleep(pauseBefore(look));
    }
  };
  return {
    idle,
    async run(input) {
      // What began before the rows were gone would publish them again.
      await idle();
      const runId = uuidv7(clock.now());
      const { executionArn } = await call<{ executionArn: string }>('StartExecution', { stateMachineArn: machine('batch'), name: runId, input: JSON.stringify(input) });
      for (let look = 0; ; look++) {
        signal?.throwIfAborted();
        const { status, error = '', cause = '' } = await call<{ status: string; error?: string; cause?: string }>('DescribeExecution', { executionArn });
        if (status === 'SUCCEEDED') return { runId, outcome: { status: 'succeeded', output: null } };
        if (status !== 'RUNNING' && status !== 'PENDING_REDRIVE') return { runId, outcome: status === 'ABORTED' ? { status: 'aborted' } : { status: 'failed', error: error === '' ? status : error, cause } };
        await clock.sleep(pauseBefore(look));
      }
    },
  };
}
