// Workflows: state machines as data, and the interpreter that runs them on one machine.
export type * from './asl.ts';
export { StateFailure, matchesError } from './failure.ts';
export { Interpreter, type HistoryEvent, type InterpreterOptions, type Outcome, type Resource } from './interpreter.ts';
export { loadMachine, type LoadedMachine } from './load.ts';
export { callFunction, compileWorkflow, notify, onFailure, retryOn, workflow, type Step, type Workflow, type WorkflowGraph } from './builder.ts';
export { ingestNewFiles } from './steps/ingest-new-files.ts';
export { reconcile } from './steps/reconcile.ts';
export { runModels } from './steps/run-models.ts';
