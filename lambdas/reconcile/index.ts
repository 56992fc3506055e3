// Proves the counts from files to gold.
import { BATCH_TASKS } from '../../lib/batch/index.ts';
import { lambdaContext } from '../shared/context.ts';
import { asTask } from '../shared/handler.ts';
import { withDuckDb } from '../shared/with-duckdb.ts';

export const handler = asTask(BATCH_TASKS.reconcile, lambdaContext(withDuckDb));
