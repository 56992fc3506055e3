// Lists what landed and is not in bronze yet.
import { BATCH_TASKS } from '../../lib/batch/index.ts';
import { lambdaContext } from '../shared/context.ts';
import { asTask } from '../shared/handler.ts';

export const handler = asTask(BATCH_TASKS.discover, lambdaContext());
