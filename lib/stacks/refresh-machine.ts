// Runs the models of the streams between the nightly batches: starts the batch for them, unless a run is at work already. Two runs at once would
// only make each other start again; what this one leaves the next one takes. `${batch}` stands for the ARN of the batch.
import type { Retrier, StateMachine } from '../workflow/index.ts';

const TRIES: Retrier = { ErrorEquals: ['States.ALL'], IntervalSeconds: 5, MaxAttempts: 3, BackoffRate: 2, JitterStrategy: 'FULL' };

/** `select`: what `millrace run batch --select` takes. */
export function refreshMachine(select: readonly string[]): StateMachine {
  return {
    Comment: 'millrace refresh',
    QueryLanguage: 'JSONata',
    TimeoutSeconds: 300,
    StartAt: 'WhatRuns',
    States: {
      WhatRuns: {
        Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:sfn:listExecutions',
        Arguments: { StateMachineArn: '${batch}', StatusFilter: 'RUNNING', MaxResults: 1 },
        Retry: [TRIES],
        Output: { running: '{% $count($states.result.Executions) %}' },
        Next: 'IsBatchAtWork',
      },
      IsBatchAtWork: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.running > 0 %}', Next: 'NextTime' }], Default: 'StartBatch' },
      NextTime: { Type: 'Succeed', Comment: 'The run at work, or the next call of this machine, takes it.' },
      StartBatch: {
        Type: 'Task', Resource: 'arn:aws:states:::states:startExecution',
        Arguments: { StateMachineArn: '${batch}', Input: { select: [...select] } },
        Retry: [TRIES],
        End: true,
      },
    },
  };
}
