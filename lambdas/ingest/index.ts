// Lands files: a batch that the workflow names, or the one file that an event of the landing bucket tells of.
import type { EventBridgeEvent, S3ObjectCreatedNotificationEventDetail } from 'aws-lambda';
import { MillraceError, uuidv7 } from '../../lib/base/index.ts';
import { BATCH_TASKS, type BatchContext, type IngestPayload, type LandedCounts } from '../../lib/batch/index.ts';
import { lambdaContext } from '../shared/context.ts';
import { ingestRequested } from '../shared/big-files.ts';
import { asTask } from '../shared/handler.ts';
import { withDuckDb } from '../shared/with-duckdb.ts';

/** `request`: names a file that was handed over since it is too big for the function; only the task of big files is given it. */
export type IngestEvent = IngestPayload | { request: string } | EventBridgeEvent<'Object Created', S3ObjectCreatedNotificationEventDetail>;

/** A file that an event tells of and that cannot be landed is an error, so that the event waits in the queue of missed files. */
export async function ingest(context: BatchContext, event: IngestEvent): Promise<LandedCounts> {
  if ('run_id' in event) return BATCH_TASKS.ingest(context, event);
  if ('request' in event) return ingestRequested(context.lake.context.files, event.request, (uri) => ingestOne(context, uri));
  const { bucket, object } = event.detail;
  // Keys arrive as they are, not URL-encoded as in S3's own notifications.
  return ingestOne(context, `s3://${bucket.name}/${object.key}`);
}

async function ingestOne(context: BatchContext, uri: string): Promise<LandedCounts> {
  const counts = await BATCH_TASKS.ingest(context, { run_id: uuidv7(context.clock.now()), batch: { source: '', files: [uri] } });
  if (counts.refused > 0) throw new MillraceError('bad_input', 'the file was refused; the log of the function says why', { where: uri, todo: 'Mend it and put it there again.' });
  return counts;
}

export const handler = asTask(ingest, lambdaContext(withDuckDb));
