// Runs a state machine on one machine, with the behaviour that Step Functions documents: data flow, errors, retries, limits.
import type { Clock } from '../base/index.ts';
import type { Catcher, Flow, Json, MapState, State, StateMachine, TaskState, Template } from './asl.ts';
import { evaluate, fill, isExpression, type StatesValue, type Variables } from './expression.ts';
import { matchesError, StateFailure } from './failure.ts';
import { loadMachine, type LoadedMachine } from './load.ts';
import { delayBefore } from './retry.ts';

/** What a Task's resource does. The signal aborts on time-out and when the run is stopped. */
export type Resource = (argument: Json, signal: AbortSignal) => Promise<Json>;

/** What happened, in order; `path` tells apart the branches of Map and Parallel (`level_1[3]/publish`). */
export interface HistoryEvent {
  type: 'entered' | 'exited' | 'retried' | 'caught' | 'failed';
  path: string;
  at: number;
  error?: string;
  cause?: string;
  attempt?: number;
}

export interface InterpreterOptions {
  resources: Readonly<Record<string, Resource>>;
  clock: Clock;
  /** In [0, 1), for jitter. */
  random: () => number;
  onEvent?: (event: HistoryEvent) => void;
}

export type Outcome = { status: 'succeeded'; output: Json } | { status: 'failed'; error: string; cause: string } | { status: 'aborted' };

/** The service refuses a state's input or output over 256 KiB. */
const DATA_LIMIT_BYTES = 256 * 1024;

interface Scope { variables: Variables; set(updates: Variables): void }

export class Interpreter {
  readonly #machine: LoadedMachine;
  readonly #options: InterpreterOptions;

  /** @throws MillraceError for a definition that cannot be run here: see `loadMachine`. */
  constructor(definition: StateMachine, options: InterpreterOptions) {
    this.#machine = loadMachine(definition, Object.keys(options.resources));
    this.#options = options;
  }

  /** Runs to the end. Failures are outcomes; only a bug throws. */
  async run(input: Json, execution: { id: string; name: string }, signal: AbortSignal = new AbortController().signal): Promise<Outcome> {
    const context: Json = {
      Execution: { Id: execution.id, Name: execution.name, Input: input, StartTime: new Date(this.#options.clock.now()).toISOString() },
      StateMachine: { Id: execution.name, Name: execution.name },
    };
    try {
      const { TimeoutSeconds } = this.#machine;
      const flow = (inner: AbortSignal) => this.#flow('', this.#machine, input, context, newScope({}), inner);
      const output = TimeoutSeconds === undefined ? await flow(signal) : await this.#within(TimeoutSeconds, signal, flow);
      return { status: 'succeeded', output };
    } catch (thrown) {
      if (signal.aborted) return { status: 'aborted' };
      const { error, cause } = StateFailure.of(thrown);
      return { status: 'failed', error, cause };
    }
  }

  async #flow(path: string, flow: Flow, input: Json, context: Json, scope: Scope, signal: AbortSignal): Promise<Json> {
    let name: string = flow.StartAt;
    let data = input;
    for (;;) {
      signal.throwIfAborted();
      const state = flow.States[name] as State;
      const here = `${path}${name}`;
      limit(data, here);
      this.#tell({ type: 'entered', path: here });
      const stateContext = { ...(context as object), State: { Name: name, EnteredTime: new Date(this.#options.clock.now()).toISOString() } } as Json;
      const step = await this.#guarded(here, state, data, stateContext, scope, signal);
      limit(step.output, here);
      this.#tell({ type: 'exited', path: here });
      if (step.next === undefined) return step.output;
      data = step.output;
      name = step.next;
    }
  }

  /** One state with its Retry and Catch. */
  async #guarded(path: string, state: State, input: Json, context: Json, scope: Scope, signal: AbortSignal): Promise<{ output: Json; next?: string }> {
    const retriers = ('Retry' in state && state.Retry) || [];
    const attempts = retriers.map(() => 0);
    for (;;) {
      try {
        return await this.#step(path, state, input, context, scope, signal);
      } catch (thrown) {
        if (signal.aborted) throw thrown;
        const failure = StateFailure.of(thrown);
        const which = retriers.findIndex((retrier) => matchesError(retrier.ErrorEquals, failure.error));
        const retrier = retriers[which];
        const attempt = (attempts[which] ?? 0) + 1;
        if (retrier && attempt <= (retrier.MaxAttempts ?? 3)) {
          attempts[which] = attempt;
          this.#tell({ type: 'retried', path, error: failure.error, cause: failure.cause, attempt });
          await this.#options.clock.sleep(delayBefore(attempt, retrier, this.#options.random) * 1000, signal);
          continue;
        }
        const catcher = ('Catch' in state ? (state.Catch ?? []) : []).find((one) => matchesError(one.ErrorEquals, failure.error));
        if (!catcher) {
          this.#tell({ type: 'failed', path, error: failure.error, cause: failure.cause });
          throw failure;
        }
        this.#tell({ type: 'caught', path, error: failure.error, cause: failure.cause });
        return this.#caught(catcher, failure, input, context, scope);
      }
    }
  }

  async #caught(catcher: Catcher, failure: StateFailure, input: Json, context: Json, scope: Scope): Promise<{ output: Json; next: string }> {
    const errorOutput: Json = { Error: failure.error, Cause: failure.cause };
    const output = await this.#leave(catcher, { input, context, errorOutput }, errorOutput, scope);
    return { output, next: catcher.Next };
  }

  /** Output and Assign are both evaluated on the values before the state, then take effect together. */
  async #leave(fields: { Output?: Template; Assign?: Record<string, Template> }, states: StatesValue, otherwise: Json, scope: Scope): Promise<Json> {
    const [output, assigned] = await Promise.all([
      fields.Output === undefined ? otherwise : fill(fields.Output, states, scope.variables),
      fields.Assign === undefined ? {} : fill(fields.Assign, states, scope.variables),
    ]);
    scope.set(assigned as Record<string, Json>);
    return output;
  }

  async #step(path: string, state: State, input: Json, context: Json, scope: Scope, signal: AbortSignal): Promise<{ output: Json; next?: string }> {
    const states: StatesValue = { input, context };
    const then = (output: Json) => ({ output, ...('Next' in state && state.Next !== undefined ? { next: state.Next } : {}) });
    switch (state.Type) {
      case 'Pass':
        return then(await this.#leave(state, states, input, scope));
      case 'Succeed':
        return { output: await this.#leave(state, states, input, scope) };
      case 'Fail': {
        const text = async (value: string | undefined) => (isExpression(value) ? String(await evaluate(value, states, scope.variables)) : (value ?? ''));
        throw new StateFailure((await text(state.Error)) || 'Failed', await text(state.Cause));
      }
      case 'Wait': {
        await this.#options.clock.sleep(await this.#waitMilliseconds(state, states, scope), signal);
        return then(await this.#leave(state, states, input, scope));
      }
      case 'Choice': {
        for (const rule of state.Choices) {
          const holds = await evaluate(rule.Condition, states, scope.variables);
          if (typeof holds !== 'boolean') throw new StateFailure('States.QueryEvaluationError', `${rule.Condition} is not a boolean`);
          if (holds) return { output: await this.#leave(rule, states, input, scope), next: rule.Next };
        }
        if (state.Default === undefined) throw new StateFailure('States.NoChoiceMatched', `no rule of ${path} holds, and it has no Default`);
        return { output: await this.#leave(state, states, input, scope), next: state.Default };
      }
      case 'Task': {
        const result = await this.#task(state, states, scope, signal);
        return then(await this.#leave(state, { ...states, result }, result, scope));
      }
      case 'Parallel': {
        const argument = state.Arguments === undefined ? input : await fill(state.Arguments, states, scope.variables);
        const result = await this.#together(signal, state.Branches.length, (i, inner) =>
          this.#flow(`${path}[${i}]/`, state.Branches[i] as Flow, argument, context, newScope(scope.variables), inner), state.Branches.length);
        return then(await this.#leave(state, { ...states, result }, result, scope));
      }
      case 'Map': {
        const result = await this.#map(path, state, states, scope, signal);
        return then(await this.#leave(state, { ...states, result }, result, scope));
      }
    }
  }

  async #waitMilliseconds(state: Extract<State, { Type: 'Wait' }>, states: StatesValue, scope: Scope): Promise<number> {
    const value = state.Seconds ?? state.Timestamp ?? 0;
    const filled = isExpression(value) ? await evaluate(value, states, scope.variables) : value;
    return state.Seconds === undefined ? Math.max(0, Date.parse(String(filled)) - this.#options.clock.now()) : Number(filled) * 1000;
  }

  async #task(state: TaskState, states: StatesValue, scope: Scope, signal: AbortSignal): Promise<Json> {
    const argument = state.Arguments === undefined ? states.input : await fill(state.Arguments, states, scope.variables);
    const resource = this.#options.resources[state.Resource] as Resource;
    const call = (inner: AbortSignal) => resource(argument, inner);
    if (state.TimeoutSeconds === undefined) return call(signal);
    const seconds = isExpression(state.TimeoutSeconds) ? await evaluate(state.TimeoutSeconds, states, scope.variables) : state.TimeoutSeconds;
    return this.#within(Number(seconds), signal, call);
  }

  async #map(path: string, state: MapState, states: StatesValue, scope: Scope, signal: AbortSignal): Promise<Json> {
    const number = async (value: number | string | undefined, otherwise: number) =>
      Number(isExpression(value) ? await evaluate(value, states, scope.variables) : (value ?? otherwise));
    const items = state.Items === undefined ? states.input : await fill(state.Items, states, scope.variables);
    if (!Array.isArray(items)) throw new StateFailure('States.QueryEvaluationError', `the Items of ${path} are not an array`);
    const distributed = state.ItemProcessor.ProcessorConfig?.Mode === 'DISTRIBUTED';
    const concurrency = (await number(state.MaxConcurrency, 0)) || (distributed ? 1000 : 40);
    const toleratedCount = await number(state.ToleratedFailureCount, 0);
    const toleratedPercentage = await number(state.ToleratedFailurePercentage, 0);
    const tolerated = Math.max(toleratedCount, Math.floor((toleratedPercentage * items.length) / 100));
    let failures = 0;
    const one = async (i: number, inner: AbortSignal): Promise<Json> => {
      const context = { ...(states.context as object), Map: { Item: { Index: i, Value: items[i] as Json } } } as Json;
      // The body of a distributed Map is an execution of its own: it sees no variables.
      const innerScope = newScope(distributed ? {} : scope.variables);
      try {
        const item = state.ItemSelector === undefined ? (items[i] as Json) : await fill(state.ItemSelector, { ...states, context }, scope.variables);
        return await this.#flow(`${path}[${i}]/`, state.ItemProcessor, item, context, innerScope, inner);
      } catch (thrown) {
        if (inner.aborted) throw thrown;
        failures += 1;
        const failure = StateFailure.of(thrown);
        if (failures > tolerated) {
          throw tolerated === 0 ? failure : new StateFailure('States.ExceedToleratedFailureThreshold', `${failures} of ${items.length} items failed, the last with ${failure.message}`);
        }
        return { Error: failure.error, Cause: failure.cause };
      }
    };
    return this.#together(signal, items.length, one, concurrency);
  }

  /** Runs `count` branches, at most `concurrency` at once; the first that fails stops the others, and all have ended when this settles. */
  async #together(signal: AbortSignal, count: number, branch: (i: number, inner: AbortSignal) => Promise<Json>, concurrency: number): Promise<Json[]> {
    const stop = new AbortController();
    const inner = AbortSignal.any([signal, stop.signal]);
    const results: Json[] = new Array<Json>(count).fill(null);
    let next = 0;
    let first: { thrown: unknown } | undefined;
    const worker = async () => {
      while (next < count && !inner.aborted) {
        const i = next;
        next += 1;
        try {
          results[i] = await branch(i, inner);
        } catch (thrown) {
          first ??= { thrown };
          stop.abort(thrown);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker));
    if (first) throw first.thrown;
    signal.throwIfAborted();
    return results;
  }

  async #within<T>(seconds: number, signal: AbortSignal, work: (inner: AbortSignal) => Promise<T>): Promise<T> {
    const done = new AbortController();
    const late = new AbortController();
    const timer = this.#options.clock.sleep(seconds * 1000, done.signal).then(
      () => {
        const failure = new StateFailure('States.Timeout', `it took longer than ${seconds} seconds`);
        late.abort(failure);
        throw failure;
      },
      () => new Promise<never>(() => undefined),
    );
    try {
      return await Promise.race([work(AbortSignal.any([signal, late.signal])), timer]);
    } finally {
      done.abort(new Error('done'));
    }
  }

  #tell(event: Omit<HistoryEvent, 'at'>): void {
    this.#options.onEvent?.({ ...event, at: this.#options.clock.now() });
  }
}

/** Inner scopes read the variables outside; what they assign ends with them. */
function newScope(outer: Variables): Scope {
  const scope: Scope = {
    variables: outer,
    set(updates) {
      scope.variables = { ...scope.variables, ...updates };
    },
  };
  return scope;
}

function limit(value: Json, path: string): void {
  const text = JSON.stringify(value);
  if (text.length * 3 > DATA_LIMIT_BYTES && Buffer.byteLength(text) > DATA_LIMIT_BYTES) {
    throw new StateFailure('States.DataLimitExceeded', `the data at ${path} is ${Buffer.byteLength(text)} bytes, over ${DATA_LIMIT_BYTES}`);
  }
}
