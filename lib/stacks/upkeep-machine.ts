// The nightly upkeep as a state machine: waits until no batch is at work, lets go what dead runs left, compacts and expires table by table,
// sweeps orphans once, and proves that every live file reads. `${batch}` and `${fn_maintain}` stand for ARNs.
import type { Catcher, Retrier, State, StateMachine } from '../workflow/index.ts';

const TRANSIENT: Retrier = {
  ErrorEquals: ['Lambda.ServiceException', 'Lambda.AWSLambdaException', 'Lambda.SdkClientException', 'Lambda.TooManyRequestsException', 'Millrace.conflict'],
  IntervalSeconds: 2, MaxAttempts: 4, BackoffRate: 2, JitterStrategy: 'FULL',
};
/** A staging table may go while it is looked at. */
const GONE_MEANWHILE: Retrier = { ErrorEquals: ['Millrace.not_found'], IntervalSeconds: 30, MaxAttempts: 3, BackoffRate: 1 };
/** Three hours, ten minutes at a time. */
const MOST_WAITS = 18;

/** What became of one table is always a value: one that cannot be kept up stops no other. Names of states are unique in the whole machine. */
function eachTable(step: 'table' | 'prove', next: string): State {
  const verb = step === 'table' ? 'Compact' : 'Prove';
  const notDone: Catcher = { ErrorEquals: ['States.ALL'], Next: `${verb}NotDone`, Assign: { error: '{% $states.errorOutput %}' } };
  return {
    Type: 'Map',
    Items: '{% [$tables] %}',
    ItemSelector: { table: '{% $states.context.Map.Item.Value %}' },
    MaxConcurrency: 3,
    ItemProcessor: {
      ProcessorConfig: { Mode: 'INLINE' },
      StartAt: `${verb}Begin`,
      States: {
        [`${verb}Begin`]: { Type: 'Pass', Assign: { table: '{% $states.input.table %}', error: {} }, Next: `${verb}Table` },
        [`${verb}Table`]: {
          Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke',
          Arguments: { FunctionName: '${fn_maintain}', Payload: { step, table: '{% $table %}' } },
          Retry: [TRANSIENT], Catch: [notDone], Output: '{% $states.result.Payload %}', End: true,
        },
        [`${verb}NotDone`]: {
          Type: 'Pass', End: true,
          Output: { table: '{% $table %}', finished: false, problems: ["{% $table & ': ' & $error.Error & ' ' & $substring($string($error.Cause), 0, 500) %}"] },
        },
      },
    },
    Assign: { problems: '{% [$append($problems, $states.result.problems)] %}' },
    Output: {},
    Next: next,
  };
}

export const UPKEEP_MACHINE: StateMachine = {
  Comment: 'millrace upkeep',
  QueryLanguage: 'JSONata',
  // Done, or stopped, before the day begins; what was committed stays.
  TimeoutSeconds: 6 * 3600,
  StartAt: 'Start',
  States: {
    Start: { Type: 'Pass', Assign: { waits: 0, problems: [], tables: [] }, Next: 'WhatRuns' },
    WhatRuns: {
      Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:sfn:listExecutions',
      Arguments: { StateMachineArn: '${batch}', StatusFilter: 'RUNNING' },
      Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 5, MaxAttempts: 3, BackoffRate: 2, JitterStrategy: 'FULL' }],
      Assign: { running: '{% [$states.result.Executions.Name] %}' },
      Output: {},
      Next: 'IsBatchAtWork',
    },
    IsBatchAtWork: {
      Type: 'Choice',
      Comment: 'Compaction and a run of the models would only make each other start again.',
      Choices: [
        { Condition: `{% $count($running) > 0 and $waits >= ${MOST_WAITS} %}`, Next: 'BatchAtWork' },
        { Condition: '{% $count($running) > 0 %}', Next: 'WaitForBatch', Assign: { waits: '{% $waits + 1 %}' } },
      ],
      Default: 'LetGoLeftovers',
    },
    WaitForBatch: { Type: 'Wait', Seconds: 600, Next: 'WhatRuns' },
    BatchAtWork: { Type: 'Fail', Error: 'BatchAtWork', Cause: 'A run of the batch was at work for three hours; nothing was compacted, expired or swept.' },
    LetGoLeftovers: {
      Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: '${fn_maintain}', Payload: { step: 'begin', running: '{% [$running] %}' } },
      Retry: [TRANSIENT, GONE_MEANWHILE],
      Assign: { tables: '{% [$states.result.Payload.tables] %}' },
      Output: {},
      Next: 'CompactAndExpire',
    },
    CompactAndExpire: eachTable('table', 'SweepOrphans'),
    SweepOrphans: {
      Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: '${fn_maintain}', Payload: { step: 'orphans' } },
      Retry: [TRANSIENT, GONE_MEANWHILE],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Prove', Assign: { problems: "{% [$append($problems, 'orphans: ' & $states.errorOutput.Error & ' ' & $substring($string($states.errorOutput.Cause), 0, 500))] %}" } }],
      Output: {},
      Next: 'Prove',
    },
    Prove: eachTable('prove', 'Verdict'),
    Verdict: { Type: 'Choice', Choices: [{ Condition: '{% $count($problems) > 0 %}', Next: 'Problems' }], Default: 'Done' },
    Problems: { Type: 'Fail', Error: 'UpkeepProblems', Cause: "{% $substring($join($problems, '; '), 0, 30000) %}" },
    Done: { Type: 'Succeed' },
  },
};
