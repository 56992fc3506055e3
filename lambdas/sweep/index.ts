// Sweeps an object of the bucket of failed records into the quarantine, then deletes it.
import type { EventBridgeEvent, S3ObjectCreatedNotificationEventDetail } from 'aws-lambda';
import { MillraceError, uuidv7 } from '../../lib/base/index.ts';
import { sweepFailures, type IngestContext, type SweepReport } from '../../lib/ingest/index.ts';
import type { Files } from '../../lib/lake/index.ts';
import { lambdaContext, type AwsContext } from '../shared/context.ts';
import { asTask } from '../shared/handler.ts';
import { secretKeys } from '../shared/privacy-keys.ts';
import { settingsFrom } from '../shared/settings.ts';
import { withDuckDb } from '../shared/with-duckdb.ts';

export type SweepEvent = EventBridgeEvent<'Object Created', S3ObjectCreatedNotificationEventDetail>;

export interface SweepParts {
  keys: IngestContext['keys'];
  streamPrefix: string;
  /** The bucket of failed records. */
  files: Pick<Files, 'read' | 'delete'>;
}

/** The event may come twice, and the object may have been swept by then. */
export async function sweep(
  context: Pick<AwsContext, 'lake' | 'clock' | 'project' | 'scratch' | 'database'>, { detail: { bucket, object } }: Pick<SweepEvent, 'detail'>, { keys, streamPrefix, files }: SweepParts,
): Promise<SweepReport> {
  const { lake, clock, project, scratch } = context;
  const uri = `s3://${bucket.name}/${object.key}`;
  const bytes = await files.read(uri).catch((error: unknown) => {
    if (error instanceof MillraceError && error.code === 'not_found') return undefined;
    throw error;
  });
  if (bytes === undefined) return { objects: 0, records: 0, reasons: {} };
  const ingest: IngestContext = { lake, clock, keys, contracts: project.sources, database: await context.database(), temporaryFolder: scratch };
  const report = await sweepFailures(ingest, [{ name: object.key, bytes }], { streamPrefix, runId: uuidv7(clock.now()) });
  await files.delete(uri);
  process.stdout.write(`${JSON.stringify({ level: 'WARN', message: 'records swept into the quarantine', object: object.key, ...report })}\n`);
  return report;
}

let parts: SweepParts | undefined;

export const handler = asTask((context: AwsContext, event: SweepEvent) => {
  if (parts === undefined) {
    const settings = settingsFrom(process.env);
    const keys = secretKeys({ secret: settings.MILLRACE_PRIVACY_KEYS, clock: context.clock, client: {} });
    parts = { keys, streamPrefix: `${settings.MILLRACE_APP}-${settings.MILLRACE_STAGE}-`, files: context.lake.context.files };
  }
  return sweep(context, event, parts);
}, lambdaContext(withDuckDb));
