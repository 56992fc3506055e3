// Files of the landing bucket into bronze, within the room that a function has.
import { mkdir } from 'node:fs/promises';
import { messageOf, type Clock } from '../../lib/base/index.ts';
import type { FileBatch, LandedCounts } from '../../lib/batch/index.ts';
import type { Contracts } from '../../lib/contracts/index.ts';
import { ingestFiles, type FileReport } from '../../lib/ingest/index.ts';
import { discoverObjects } from '../../lib/ingest/aws/index.ts';
import type { Lake } from '../../lib/lake/index.ts';
import type { Database } from '../../lib/lake/duckdb/index.ts';
import type { S3Client } from '@aws-sdk/client-s3';
import { secretKeys } from './privacy-keys.ts';
import { handOver } from './big-files.ts';
import type { Settings } from './settings.ts';

export interface BucketFileIngestOptions {
  settings: Settings;
  s3: S3Client;
  lake: Lake;
  database: () => Promise<Database>;
  contracts: Contracts;
  clock: Clock;
  scratch: string;
  client: { endpoint?: string; region?: string };
}

/** A file lies in the scratch folder once as it is, once as Parquet, and DuckDB may spill as much again. */
const ROOM_A_FILE = 4;

/** Ingests objects by their URIs; each file's fate is a line in the log. */
export function bucketFileIngest(options: BucketFileIngestOptions): (batch: FileBatch, runId: string, signal?: AbortSignal) => Promise<LandedCounts> {
  const { settings, s3, lake, database, contracts, clock, scratch } = options;
  const keys = secretKeys({ secret: settings.MILLRACE_PRIVACY_KEYS, clock, client: options.client });
  const sizeLimit = Math.floor((Number(settings.MILLRACE_SCRATCH_MB) * 2 ** 20) / ROOM_A_FILE);
  return async ({ files }, runId, signal) => {
    await mkdir(scratch, { recursive: true });
    const found = await discoverObjects({ client: s3, landing: settings.MILLRACE_LANDING, contracts }, files);
    const context = { lake, database: await database(), contracts, keys, clock, temporaryFolder: scratch };
    const { totals, files: reports } = await ingestFiles(context, found, { runId, sizeLimit, ...(signal === undefined ? {} : { signal }) });
    reports.forEach(log);
    const tooBig = reports.filter(({ status, error }) => status === 'failed' && error?.code === 'too_big').map(({ file }) => file);
    const handedOver = await handOver(s3, settings, found.flatMap((one) => (one.fate === 'known' && tooBig.includes(one.file.name) ? [one.file.path] : [])));
    return { files: totals.files, seenBefore: totals.seen, refused: totals.failed + totals.unknown - handedOver, rows: totals.rows, accepted: totals.accepted, rejected: totals.rejected };
  };
}

/** A line of JSON, as the function's log group has them. Never a value out of the file. */
function log({ file, source, status, rows, accepted, rejected, reader, milliseconds, seenAs, error, todo }: FileReport): void {
  const level = status === 'failed' || status === 'unknown' ? 'WARN' : 'INFO';
  const line = { level, message: `file ${status}`, file, source, rows, accepted, rejected, reader, milliseconds, seenAs, error: error === undefined ? undefined : messageOf(error), todo: error?.todo ?? todo };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
