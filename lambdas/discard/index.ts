// Removes what was staged and will not be published.
import { BATCH_TASKS } from '../../lib/batch/index.ts';
import { lambdaContext } from '../shared/context.ts';
import { asTask } from '../shared/handler.ts';

export const handler = asTask(BATCH_TASKS.discard, lambdaContext());
