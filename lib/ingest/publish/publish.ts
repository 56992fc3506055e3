// The three commits of a job, in the one order that survives a crash anywhere: the quarantine (replacing what an earlier try left there),
// bronze, which decides, and the list of files.
import { MillraceError } from '../../base/index.ts';
import type { Contract } from '../../contracts/index.ts';
import type { Predicate, Rebase, Snapshot, Table } from '../../lake/index.ts';
import { deleteRows, overwriteRows, quoteText, type Session } from '../../lake/duckdb/index.ts';
import { REJECTED_TABLE, type RejectedRows } from '../load/rejected-rows.ts';
import type { Intake } from '../load/intake.ts';
import type { Origin } from '../load/staged.ts';
import type { PrivacyKey } from '../privacy/keys.ts';
import { sealedEncoding } from '../privacy/payload.ts';
import { ensureBronze, ensureFiles, ensureRejected } from '../tables/ensure.ts';
import { countRows, mayHold } from '../tables/seen.ts';
import { FILES, REJECTED, REJECTED_COLUMNS } from '../tables/definitions.ts';
import type { IngestContext } from '../types.ts';
import { oneAtATime } from './one-at-a-time.ts';

/** Somebody else landed some of the files while they were loaded. */
export class LandedMeanwhile extends Error {
  readonly fileIds: readonly string[];

  constructor(fileIds: readonly string[]) {
    super(`landed meanwhile: ${fileIds.join(', ')}`);
    this.fileIds = fileIds;
  }
}

/** What `ops.files` says of a file. */
export interface FileEntry extends Origin {
  bytes: number;
  accepted: number;
  rejected: number;
  reader: string;
  status: 'landed' | 'empty';
  /** How raw bytes of its rows are read again. */
  layout: string;
  path: string;
  stamp: string;
}

export interface Publication {
  source: string;
  files: readonly FileEntry[];
  loaded: Intake;
  rejected: RejectedRows;
  /** The session that holds the rejected rows. */
  session: Session;
  key: PrivacyKey | undefined;
  runId: string;
  /** The snapshot of bronze in which the files were looked for and not found. */
  lookedIn: Snapshot | undefined;
  signal?: AbortSignal;
}

/**
 * Publishes a job. Throws `LandedMeanwhile` where another process was quicker with some of its files; bronze is as it was then. Data files that
 * did not come into the table are deleted, but for those of a commit whose outcome nobody knows.
 */
export async function publish(context: IngestContext, contract: Contract, publication: Publication): Promise<void> {
  const { source, files, loaded, session, runId, signal } = publication;
  try {
    await oneAtATime(context.lake, REJECTED, () => publishRejected(context, publication));
  } catch (thrown) {
    await loaded.discard();
    throw thrown;
  }
  if (loaded.dataFiles.length > 0) await publishAccepted(context, contract, publication);
  await recordFiles(context, session, source, files, runId, signal);
}

async function publishRejected(context: IngestContext, publication: Publication): Promise<void> {
  const { source, files, rejected, session, runId, signal } = publication;
  const fileIds = files.map(({ fileId }) => fileId);
  const quarantine = await ensureRejected(context.lake);
  // Serializable: two processes that land the same file would otherwise both find nothing to replace, and both add its rows.
  const options = { isolation: 'serializable', summary: { 'millrace.run-id': runId }, signal, temporaryFolder: context.temporaryFolder } as const;
  if (rejected.total === 0) await deleteRows(session, quarantine, rowsOf(source, fileIds), options);
  else await overwriteRows(session, quarantine, rowsOf(source, fileIds), rejectedSelect(publication), options);
}

/** The commit that decides. */
async function publishAccepted(context: IngestContext, contract: Contract, { files, loaded, lookedIn, runId, signal }: Publication): Promise<void> {
  const fileIds = files.map(({ fileId }) => fileId);
  try {
    const bronze = await ensureBronze(context.lake, contract, [...loaded.extras]);
    await bronze.append(loaded.dataFiles, {
      signal, summary: { 'millrace.run-id': runId }, basedOn: { snapshot: lookedIn },
      beforeCommit: (rebase) => checkNotLanded(context, bronze, rebase, fileIds, signal),
    });
  } catch (thrown) {
    // After any other error the commit may have come through: its files must stay, and if it has not, maintenance finds them.
    if (thrown instanceof LandedMeanwhile || (thrown instanceof MillraceError && thrown.code === 'conflict')) await loaded.discard();
    throw thrown;
  }
}

/** Before every try: what others have added since the last look must not be what we are about to add. */
async function checkNotLanded(context: IngestContext, table: Table, rebase: Rebase, fileIds: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  const candidates = (await rebase.addedFiles()).filter((file) => file.content === 0 && mayHold(table, file, fileIds));
  const found = await countRows({ ...context, signal }, table, candidates.map((file) => ({ file, sequenceNumber: 0n, snapshotId: 0n, positionDeletes: [] })), fileIds);
  if (found.size > 0) throw new LandedMeanwhile([...found.keys()]);
}

/** Puts the files on the list, in place of what it says of them. */
export async function recordFiles(
  context: IngestContext, session: Session, source: string, files: readonly FileEntry[], runId: string, signal?: AbortSignal,
): Promise<void> {
  const rows = files.map((file) => `(${[
    quoteText(source), quoteText(file.file), quoteText(file.fileId), `${file.bytes}::BIGINT`, `${file.accepted + file.rejected}::BIGINT`, `${file.accepted}::BIGINT`,
    `${file.rejected}::BIGINT`, quoteText(file.reader), quoteText(file.status), `make_timestamp(${file.ingestedAt}::BIGINT)`, quoteText(runId), quoteText(file.contractVersion),
    quoteText(file.path), quoteText(file.stamp),
  ].join(', ')})`);
  const select = `SELECT * FROM (VALUES ${rows.join(', ')}) AS t(source, _file, _file_id, bytes, rows, accepted, rejected, reader, status, ingested_at, run_id, contract_version, path, stamp)`;
  await oneAtATime(context.lake, FILES, async () => overwriteRows(session, await ensureFiles(context.lake), rowsOf(source, files.map(({ fileId }) => fileId)), select, {
    isolation: 'serializable', summary: { 'millrace.run-id': runId }, signal, temporaryFolder: context.temporaryFolder,
  }));
}

/** Rows of some files of a source. */
function rowsOf(source: string, fileIds: readonly string[]): Predicate {
  return { op: 'and', of: [{ op: 'eq', column: 'source', value: source }, { op: 'in', column: '_file_id', values: [...fileIds] }] };
}

function rejectedSelect({ source, files, key }: Publication): string {
  const perFile = (values: readonly string[]): string => (new Set(values).size === 1 ? values[0]! : `[${values.join(', ')}][file + 1]`);
  const texts = (value: (file: FileEntry) => string): string => perFile(files.map((file) => quoteText(value(file))));
  const columns: Readonly<Record<string, string>> = {
    source: quoteText(source), _file: texts(({ file }) => file), _file_id: texts(({ fileId }) => fileId), _row: 'row', line: 'line', byte_offset: 'byte_offset',
    reason: 'reason', reasons: 'reasons', message: 'message', raw: 'raw', raw_encoding: quoteText(key === undefined ? 'plain' : sealedEncoding(key)),
    _ingested_at: `make_timestamp(${perFile(files.map(({ ingestedAt }) => `${ingestedAt}::BIGINT`))})`, _contract_version: texts(({ contractVersion }) => contractVersion),
    layout: texts(({ layout }) => layout),
  };
  return `SELECT ${REJECTED_COLUMNS.map(({ name }) => `${columns[name] ?? 'NULL::VARCHAR'} AS ${name}`).join(', ')} FROM ${REJECTED_TABLE}`;
}

/** An error for a person, of something that only a race explains. */
export function stillRacing(source: string): MillraceError {
  return new MillraceError('conflict', `the files of ${source} are landed again and again by somebody else`, { todo: 'Run one ingest at a time.' });
}
