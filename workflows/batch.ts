// The batch: whatever landed becomes bronze, the models run in DAG order, and the counts are proved.
import { ingestNewFiles, notify, onFailure, reconcile, retryOn, runModels, workflow } from '../lib/workflow/index.ts';

export const batch = workflow('batch', [
  ingestNewFiles(),
  runModels(),
  reconcile(),
  retryOn('ICEBERG_COMMIT_ERROR', 'THROTTLED', 'TooManyRequestsException'),
  onFailure(notify('data-team')),
]);
