// Amazon States Language with JSONata, as far as Millrace speaks it: the definitions that Step Functions runs are the very
// data that the interpreter runs (https://states-language.net/, "Using JSONata"). An expression is a whole string `{% … %}`.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A JSON value in which whole strings may be JSONata expressions. */
export type Template = Json;

export interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds?: number;
  MaxAttempts?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
  JitterStrategy?: 'FULL' | 'NONE';
}

export interface Catcher { ErrorEquals: string[]; Next: string; Output?: Template; Assign?: Record<string, Template> }

interface Common { Comment?: string; QueryLanguage?: 'JSONata'; Output?: Template; Assign?: Record<string, Template> }
interface Transition { Next?: string; End?: true }
interface Guarded { Retry?: Retrier[]; Catch?: Catcher[] }

export interface TaskState extends Common, Transition, Guarded {
  Type: 'Task';
  Resource: string;
  Arguments?: Template;
  TimeoutSeconds?: number | string;
}
export interface PassState extends Common, Transition { Type: 'Pass' }
export interface WaitState extends Common, Transition { Type: 'Wait'; Seconds?: number | string; Timestamp?: string }
export interface SucceedState extends Common { Type: 'Succeed' }
export interface FailState { Type: 'Fail'; Comment?: string; QueryLanguage?: 'JSONata'; Error?: string; Cause?: string }
export interface ChoiceRule { Condition: string; Next: string; Output?: Template; Assign?: Record<string, Template>; Comment?: string }
export interface ChoiceState extends Common { Type: 'Choice'; Choices: ChoiceRule[]; Default?: string }
export interface ParallelState extends Common, Transition, Guarded { Type: 'Parallel'; Branches: Flow[]; Arguments?: Template }
export interface MapState extends Common, Transition, Guarded {
  Type: 'Map';
  Items?: Template;
  ItemSelector?: Template;
  ItemProcessor: Flow & { ProcessorConfig?: { Mode: 'INLINE' } | { Mode: 'DISTRIBUTED'; ExecutionType: 'STANDARD' | 'EXPRESS' } };
  MaxConcurrency?: number | string;
  ToleratedFailureCount?: number | string;
  ToleratedFailurePercentage?: number | string;
  Label?: string;
}

export type State = TaskState | PassState | WaitState | SucceedState | FailState | ChoiceState | ParallelState | MapState;

/** States and where to begin: a whole machine, a branch, or the body of a Map. */
export interface Flow { StartAt: string; States: Record<string, State> }

export interface StateMachine extends Flow { Comment?: string; QueryLanguage: 'JSONata'; TimeoutSeconds?: number; Version?: '1.0' }
