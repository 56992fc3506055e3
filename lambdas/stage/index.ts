// Runs a statement that is too long to pass from state to state.
import { BATCH_TASKS } from '../../lib/batch/index.ts';
import { lambdaContext } from '../shared/context.ts';
import { asTask } from '../shared/handler.ts';

export const handler = asTask(BATCH_TASKS.stage, lambdaContext());
