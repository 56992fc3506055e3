// The batch of a stage is waited for, asked for, and its end is told as a run's at home is.
import { describe, expect, it } from 'vitest';
import type { AwsRequest } from '../../lib/base/aws/index.ts';
import { stageMachines } from '../../lib/forget/aws/index.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const PLACE = 'arn:aws:states:eu-central-1:123456789012';

/** `answers`: by operation, one after the other; the last one stays. */
function machines(answers: Record<string, { status?: number; body: object }[]>) {
  const calls: { operation: string; input: Record<string, string> }[] = [];
  const clock = new VirtualClock();
  const made = stageMachines({
    place: PLACE, stage: 'shop-dev', clock,
    requests: async ({ headers = {}, body = '' }: AwsRequest) => {
      const operation = headers['x-amz-target']!.replace('AWSStepFunctions.', '');
      calls.push({ operation, input: JSON.parse(String(body)) as Record<string, string> });
      const list = answers[operation]!;
      const { status = 200, body: answer } = list.length > 1 ? list.shift()! : list[0]!;
      return { status, body: Buffer.from(JSON.stringify(answer)), headers: new Headers(), tries: 1 };
    },
  });
  return { made, calls, clock };
}

const nobody = { body: { executions: [] } };

describe('the batch of a stage', () => {
  it('is started when neither a run nor the upkeep is at work, and waited for', async () => {
    const { made, calls, clock } = machines({
      ListExecutions: [{ body: { executions: [{}] } }, nobody, { body: { executions: [{}] } }, nobody],
      StartExecution: [{ body: { executionArn: 'arn:e' } }], DescribeExecution: [{ body: { status: 'RUNNING' } }, { body: { status: 'SUCCEEDED' } }],
    });
    const { runId, outcome } = await made.run({ select: ['gold.spending'] });
    expect(outcome.status).toBe('succeeded');
    expect(calls.map(({ operation, input }) => input['stateMachineArn']?.split('-').at(-1) ?? operation)).toEqual(['batch', 'batch', 'upkeep', 'batch', 'upkeep', 'batch', 'DescribeExecution', 'DescribeExecution']);
    expect(calls[5]!.input).toEqual({ stateMachineArn: `${PLACE}:stateMachine:shop-dev-batch`, name: runId, input: '{"select":["gold.spending"]}' });
    expect(clock.slept.length).toBe(3);
  });

  it.each([
    [{ status: 'FAILED', error: 'AuditFailed', cause: 'gold.spending' }, { status: 'failed', error: 'AuditFailed', cause: 'gold.spending' }],
    [{ status: 'TIMED_OUT' }, { status: 'failed', error: 'TIMED_OUT', cause: '' }],
    [{ status: 'ABORTED' }, { status: 'aborted' }],
  ])('that ends as %o is told as that', async (answer, outcome) => {
    const { made } = machines({ ListExecutions: [nobody], StartExecution: [{ body: { executionArn: 'arn:e' } }], DescribeExecution: [{ body: answer }] });
    expect((await made.run({})).outcome).toEqual(outcome);
  });

  it('is missed by name, and what may not be asked for is told', async () => {
    const gone = machines({ ListExecutions: [{ status: 400, body: { __type: 'com.amazonaws.swf.service.v2.model#StateMachineDoesNotExist', message: 'State Machine Does Not Exist' } }] });
    await expect(gone.made.idle()).rejects.toMatchObject({ code: 'not_found', todo: 'Deploy the batch stack of the stage first.' });
    const denied = machines({ ListExecutions: [{ status: 400, body: { __type: 'AccessDeniedException', message: 'no' } }] });
    await expect(denied.made.idle()).rejects.toMatchObject({ code: 'io', todo: 'Allow states:ListExecutions on the machines of the stage.' });
  });
});
