// A workflow as its author writes it, and how that becomes States Language.
import type { Catcher, Json, Retrier, State, StateMachine } from './asl.ts';

/** What a workflow is compiled against: the models in DAG order, a level being what may run at once. */
export interface WorkflowGraph { levels: readonly (readonly string[])[] }

export interface CompileContext {
  graph: WorkflowGraph;
  /** Errors of a model's run that are worth starting it again for. */
  retryable: readonly string[];
  /** Guards a task of ours: transient errors are retried, anything else ends in the failure path. */
  guard: { Retry: Retrier[]; Catch: Catcher[] };
}

/** A step gives states in order; the first is where it begins, and the last one goes on to the next step. */
export interface Step { kind: 'step'; states(context: CompileContext): [string, State][] }

export interface RetryRule { kind: 'retry'; errors: readonly string[] }
export interface FailureRule { kind: 'failure'; states(next: string): [string, State][] }

export interface Workflow { name: string; parts: readonly (Step | RetryRule | FailureRule)[] }

/** Declares a workflow: steps in order, what to try again, and what to do when it fails. */
export function workflow(name: string, parts: readonly (Step | RetryRule | FailureRule)[]): Workflow {
  return Object.freeze({ name, parts });
}

/** A model's run is started again when its failure names one of these (the start of Athena's StateChangeReason, or a service error). */
export function retryOn(...errors: string[]): RetryRule {
  return { kind: 'retry', errors };
}

/** On failure, after the run is recorded as failed. */
export function onFailure(rule: FailureRule): FailureRule {
  return rule;
}

/** Publishes the failure to a topic. */
export function notify(topic: string): FailureRule {
  return {
    kind: 'failure',
    states: (next) => [
      [
        'NotifyFailure',
        {
          Type: 'Task',
          Resource: 'arn:aws:states:::sns:publish',
          Arguments: {
            TopicArn: `\${topic_${topic.replaceAll('-', '_')}}`,
            Subject: "{% $substring('millrace: run ' & $run_id & ' failed', 0, 100) %}",
            Message: '{% $string($failure) %}',
          },
          Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 3, JitterStrategy: 'FULL' }],
          Catch: [{ ErrorEquals: ['States.ALL'], Next: next }],
          Next: next,
        },
      ],
    ],
  };
}

/** A task that calls one of our functions; `${name}` stands for its ARN. */
export function callFunction(name: string, payload: Json, rest: Partial<State>): State {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: { FunctionName: `\${fn_${name}}`, Payload: payload },
    ...rest,
  } as State;
}

/** Lambda's own transient failures, as the service recommends to retry them. */
export const TRANSIENT: Retrier = Object.freeze({
  ErrorEquals: ['Lambda.ServiceException', 'Lambda.AWSLambdaException', 'Lambda.SdkClientException', 'Lambda.TooManyRequestsException', 'Millrace.conflict'],
  IntervalSeconds: 1,
  MaxAttempts: 6,
  BackoffRate: 2,
  JitterStrategy: 'FULL',
}) as Retrier;

/** A run that hangs ends before the next night's begins, and is told as timed out; what it published stays. */
const LONGEST_RUN_SECONDS = 20 * 3600;

/** Turns a declared workflow into the state machine that CDK deploys and the interpreter runs. */
export function compileWorkflow({ name, parts }: Workflow, graph: WorkflowGraph): StateMachine {
  const retryable = parts.flatMap((part) => (part.kind === 'retry' ? part.errors : []));
  const context: CompileContext = {
    graph,
    retryable,
    guard: {
      Retry: [TRANSIENT],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'RecordFailure', Assign: { failure: '{% $states.errorOutput %}' } }],
    },
  };
  const steps = parts.flatMap((part) => (part.kind === 'step' ? [part.states(context)] : []));
  const states: [string, State][] = [[
    'Start',
    { Type: 'Pass', Assign: { run_id: '{% $states.context.Execution.Name %}', options: '{% $states.input %}', failed: [], failure: {} }, Next: '' } as State,
  ]];
  for (const step of steps) states.push(...step);
  states.push(['RunEnds', {
    Type: 'Choice',
    Comment: 'Models that failed, or whose sources did, fail the run; everything else was still published.',
    Choices: [{ Condition: '{% $count($failed) > 0 %}', Next: 'RecordFailure', Assign: { failure: { Error: 'ModelsFailed', Cause: "{% $join($failed, ', ') %}" } } }],
    Default: 'RecordSuccess',
  }]);
  linkInOrder(states);
  const failureStates = parts.flatMap((part) => (part.kind === 'failure' ? part.states('Failed') : []));
  const afterRecord = failureStates[0]?.[0] ?? 'Failed';
  states.push(
    ['RecordSuccess', callFunction('finish', { run_id: '{% $run_id %}', status: 'succeeded' }, { ...context.guard, Output: '{% $states.result.Payload %}', Next: 'Succeeded' })],
    ['Succeeded', { Type: 'Succeed' }],
    ['RecordFailure', callFunction('finish', { run_id: '{% $run_id %}', status: 'failed', failure: '{% $failure %}' }, {
      Retry: [TRANSIENT], Catch: [{ ErrorEquals: ['States.ALL'], Next: afterRecord }], Next: afterRecord,
    })],
    ...failureStates,
    ['Failed', { Type: 'Fail', Error: '{% $failure.Error %}', Cause: '{% $failure.Cause %}' }],
  );
  return { Comment: `millrace ${name}`, QueryLanguage: 'JSONata', TimeoutSeconds: LONGEST_RUN_SECONDS, StartAt: 'Start', States: Object.fromEntries(states) };
}

/** An empty Next stands for the state that comes after it in the list. */
function linkInOrder(states: [string, State][]): void {
  states.forEach(([, state], i) => {
    if ('Next' in state && state.Next === '') state.Next = (states[i + 1] as [string, State])[0];
  });
}
