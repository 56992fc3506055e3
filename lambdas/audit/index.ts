// Audits a table as it will be.
import { BATCH_TASKS } from '../../lib/batch/index.ts';
import { lambdaContext } from '../shared/context.ts';
import { asTask } from '../shared/handler.ts';

export const handler = asTask(BATCH_TASKS.audit, lambdaContext());
