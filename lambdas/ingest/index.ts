// Lands files: a batch that the workflow names, or the one file that an event of the landing bucket tells of.
import type { EventBridgeEvent, S3ObjectCreatedNotificationEventDetail } from 'aws-lambda';
import { uuidv7 } from '../../lib/base/index.ts';
import { BATCH_TASKS, type FileBatch, type LandedCounts } from '../../lib/batch/index.ts';
import { lambdaContext } from '../shared/context.ts';
import { asTask } from '../shared/handler.ts';

export type IngestEvent = { run_id: string; batch: FileBatch } | EventBridgeEvent<'Object Created', S3ObjectCreatedNotificationEventDetail>;

export const handler = asTask(async (context, event: IngestEvent): Promise<LandedCounts> => {
  if ('batch' in event) return BATCH_TASKS.ingest(context, event);
  const { bucket, object } = event.detail;
  // Keys arrive as they are, not URL-encoded as in S3's own notifications.
  return BATCH_TASKS.ingest(context, { run_id: uuidv7(context.clock.now()), batch: { source: '', files: [`s3://${bucket.name}/${object.key}`] } });
}, lambdaContext);
