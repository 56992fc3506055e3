// Reads a definition and refuses, by name, whatever the interpreter does not run.
import { MillraceError, messageOf } from '../base/index.ts';
import type { Flow, MapState, ParallelState, State, StateMachine } from './asl.ts';
import { compile, isExpression } from './expression.ts';

const COMMON = ['Type', 'Comment', 'QueryLanguage'];
const STEP = [...COMMON, 'Next', 'End', 'Output', 'Assign'];

/** Every field that is understood, a state type. */
const FIELDS: Readonly<Record<State['Type'], readonly string[]>> = Object.freeze({
  Task: [...STEP, 'Resource', 'Arguments', 'TimeoutSeconds', 'Retry', 'Catch'],
  Pass: STEP,
  Wait: [...STEP, 'Seconds', 'Timestamp'],
  Succeed: [...COMMON, 'Output'],
  Fail: [...COMMON, 'Error', 'Cause'],
  Choice: [...COMMON, 'Output', 'Assign', 'Choices', 'Default'],
  Parallel: [...STEP, 'Branches', 'Arguments', 'Retry', 'Catch'],
  Map: [...STEP, 'Items', 'ItemSelector', 'ItemProcessor', 'MaxConcurrency', 'ToleratedFailureCount', 'ToleratedFailurePercentage', 'Label', 'Retry', 'Catch'],
});

const MACHINE_FIELDS = ['Comment', 'QueryLanguage', 'TimeoutSeconds', 'Version', 'StartAt', 'States'];
const RETRIER_FIELDS = ['ErrorEquals', 'IntervalSeconds', 'MaxAttempts', 'BackoffRate', 'MaxDelaySeconds', 'JitterStrategy'];
const CATCHER_FIELDS = ['ErrorEquals', 'Next', 'Output', 'Assign'];

/** A definition that was checked. Only such a one can be run. */
export type LoadedMachine = StateMachine & { readonly loaded: unique symbol };

/**
 * Checks a definition against what the interpreter runs and the resources that are there.
 * @throws MillraceError `unsupported` for a field, state type or resource that is not implemented, `bad_input` for a definition that
 * Step Functions would refuse as well (unknown Next, unreachable state, an expression that does not parse).
 */
export function loadMachine(definition: unknown, resources: readonly string[]): LoadedMachine {
  const machine = definition as StateMachine;
  if (machine?.QueryLanguage !== 'JSONata') throw unsupported('', 'QueryLanguage', 'only JSONata definitions run here');
  refuseUnknown('', machine as unknown as Record<string, unknown>, MACHINE_FIELDS);
  checkFlow('', machine, new Set(resources));
  checkExpressions('', machine);
  return machine as LoadedMachine;
}

function checkFlow(path: string, flow: Flow, resources: ReadonlySet<string>): void {
  if (!flow.States || !flow.States[flow.StartAt]) throw bad(path, `StartAt names '${flow.StartAt}', which is not a state`);
  const reached = new Set([flow.StartAt]);
  const queue = [flow.StartAt];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const state = flow.States[name] as State;
    for (const next of nextOf(state)) {
      if (!flow.States[next]) throw bad(`${path}${name}`, `it goes on to '${next}', which is not a state`);
      if (!reached.has(next)) queue.push(next);
      reached.add(next);
    }
  }
  for (const [name, state] of Object.entries(flow.States)) {
    if (!reached.has(name)) throw bad(`${path}${name}`, 'no path leads to it');
    checkState(`${path}${name}`, state, resources);
  }
}

function checkState(path: string, state: State, resources: ReadonlySet<string>): void {
  const fields = FIELDS[state.Type];
  if (!fields) throw unsupported(path, 'Type', `a state of type '${String((state as { Type?: unknown }).Type)}' does not run here`);
  refuseUnknown(path, state as unknown as Record<string, unknown>, fields);
  if (state.QueryLanguage !== undefined && state.QueryLanguage !== 'JSONata') throw unsupported(path, 'QueryLanguage', 'only JSONata runs here');
  if (!['Succeed', 'Fail', 'Choice'].includes(state.Type)) {
    const { Next, End } = state as { Next?: string; End?: true };
    if ((Next === undefined) === (End === undefined)) throw bad(path, 'it needs either Next or End');
  }
  for (const retrier of (state as { Retry?: object[] }).Retry ?? []) refuseUnknown(`${path}.Retry`, retrier as Record<string, unknown>, RETRIER_FIELDS);
  for (const catcher of (state as { Catch?: object[] }).Catch ?? []) refuseUnknown(`${path}.Catch`, catcher as Record<string, unknown>, CATCHER_FIELDS);
  if (state.Type === 'Task' && !resources.has(state.Resource)) {
    throw unsupported(path, 'Resource', `'${state.Resource}' is not one of ${[...resources].join(', ')}`);
  }
  if (state.Type === 'Wait' && (state.Seconds === undefined) === (state.Timestamp === undefined)) throw bad(path, 'it needs either Seconds or Timestamp');
  if (state.Type === 'Choice' && !(state.Choices?.length > 0)) throw bad(path, 'it has no Choices');
  if (state.Type === 'Parallel') (state as ParallelState).Branches.forEach((branch, i) => checkFlow(`${path}[${i}]/`, branch, resources));
  if (state.Type === 'Map') {
    const { ProcessorConfig, ...flow } = (state as MapState).ItemProcessor;
    refuseUnknown(`${path}.ItemProcessor`, flow as unknown as Record<string, unknown>, ['StartAt', 'States', 'Comment']);
    if (ProcessorConfig && !['INLINE', 'DISTRIBUTED'].includes(ProcessorConfig.Mode)) throw unsupported(path, 'ProcessorConfig.Mode', `'${String(ProcessorConfig.Mode)}'`);
    checkFlow(`${path}/`, flow, resources);
  }
}

function nextOf(state: State): string[] {
  const next: string[] = [];
  if ('Next' in state && state.Next !== undefined) next.push(state.Next);
  for (const catcher of 'Catch' in state ? (state.Catch ?? []) : []) next.push(catcher.Next);
  if (state.Type === 'Choice') {
    for (const rule of state.Choices ?? []) next.push(rule.Next);
    if (state.Default !== undefined) next.push(state.Default);
  }
  return next;
}

function checkExpressions(path: string, value: unknown): void {
  if (isExpression(value)) {
    try {
      compile(value);
    } catch (thrown) {
      throw bad(path, `the expression ${value} does not parse: ${messageOf(thrown)}`);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, part] of Object.entries(value)) checkExpressions(path === '' ? key : `${path}.${key}`, part);
  }
}

function refuseUnknown(path: string, value: Record<string, unknown>, known: readonly string[]): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw unsupported(path, key, 'the interpreter does not know this field');
  }
}

function bad(path: string, message: string): MillraceError {
  return new MillraceError('bad_input', `the workflow is wrong at ${path || 'its top'}: ${message}`, { where: path, todo: 'Mend the definition.' });
}

function unsupported(path: string, field: string, message: string): MillraceError {
  return new MillraceError('unsupported', `the workflow uses ${field} at ${path || 'its top'}: ${message}`, {
    where: path,
    todo: 'Use only what lib/workflow/load.ts lists, or teach the interpreter the field first.',
  });
}
