// Replay: rejected rows read again under today's contract. What conforms now goes to bronze, under its own file and number, exactly once.
//
// Two commits: bronze first, then the quarantine without these rows. After a crash in between the next replay finds the rows in bronze (by
// `_file_id` and `_row`) and only takes them out of the quarantine. Rows bear the time at which their file came, as if they had been accepted
// then, so that a later export of the same key still wins. Rows of a file that has not landed to the end are left alone: it will be landed
// again, whole.
import { MillraceError, uuidv7 } from '../../base/index.ts';
import type { Contract } from '../../contracts/index.ts';
import { deleteRows, quoteText, type Session } from '../../lake/duckdb/index.ts';
import type { Rebase, Table } from '../../lake/index.ts';
import { bronzeSelect, extraKeys, type Origin } from '../load/staged.ts';
import { writeBronze } from '../load/write-bronze.ts';
import { REJECTED } from '../tables/definitions.ts';
import { ensureBronze, ensureRejected } from '../tables/ensure.ts';
import { mayHold, query } from '../tables/seen.ts';
import { discardFiles } from '../tables/storage.ts';
import type { IngestContext } from '../types.ts';
import { Candidates } from './candidates.ts';
import { whereOf, type QuarantineFilter } from './list.ts';
import { recount } from './recount.ts';
import { together, type ReplayReport, type SourceReplay } from './replay-report.ts';
import { kindsIn, ReplayedMeanwhile, replayStream } from './replay-stream.ts';

export interface ReplayOptions extends Omit<QuarantineFilter, 'withSettled'> {
  /** Only say what would happen. */
  dryRun?: boolean;
  runId?: string;
  signal?: AbortSignal;
}

const MOST_TRIES = 5;

/** Replays what the filter says; every source by itself. */
export async function replayQuarantine(context: IngestContext, options: ReplayOptions = {}): Promise<ReplayReport> {
  const { dryRun = false, runId = uuidv7(context.clock.now()) } = options;
  const sources: SourceReplay[] = [];
  for (const source of await sourcesWithRows(context, options)) {
    const contract = context.contracts.get(source);
    if (contract !== undefined) sources.push(await replaySource(context, contract, { ...options, dryRun, runId }));
  }
  return { dryRun, sources };
}

async function replaySource(context: IngestContext, contract: Contract, options: ReplayOptions & { dryRun: boolean; runId: string }): Promise<SourceReplay> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await context.database.use((session) => replayBoth(context, session, contract, options));
    } catch (thrown) {
      if (!(thrown instanceof ReplayedMeanwhile)) throw thrown;
      if (attempt === MOST_TRIES) throw new MillraceError('conflict', `the quarantine of ${contract.name} is replayed again and again by somebody else`, { todo: 'Run one replay at a time.' });
    }
  }
}

/** Rows that came with files, and records that came by a stream. */
async function replayBoth(context: IngestContext, session: Session, contract: Contract, options: ReplayOptions & { dryRun: boolean; runId: string }): Promise<SourceReplay> {
  const { dryRun, runId, signal } = options;
  const where = whereOf(context, { ...options, source: contract.name }).sql;
  const kinds = await kindsIn(context, contract.name, where, signal);
  const ofFiles = kinds.files ? await replayFiles(context, session, contract, options) : undefined;
  const ofStream = kinds.stream ? await replayStream(context, session, contract, `${where} AND _stream IS NOT NULL`, { dryRun, runId, signal }) : undefined;
  return ofFiles !== undefined && ofStream !== undefined ? together(ofFiles, ofStream) : (ofFiles ?? ofStream ?? { source: contract.name, examined: 0, accepted: 0, outcomes: [], skipped: 0 });
}

async function replayFiles(context: IngestContext, session: Session, contract: Contract, options: ReplayOptions & { dryRun: boolean; runId: string }): Promise<SourceReplay> {
  const { dryRun, runId, signal } = options;
  const candidates = new Candidates(context, session, contract, signal);
  try {
    await candidates.collect(`${whereOf(context, { ...options, source: contract.name }).sql} AND _stream IS NULL`);
    const report = await candidates.report();
    if (!dryRun && report.accepted > 0) {
      await append(context, session, contract, candidates, runId, signal);
      await session.run(`CREATE OR REPLACE TEMP TABLE "$settled" AS ${candidates.acceptedSelect()}`);
      await deleteRows(session, await ensureRejected(context.lake), {
        sql: `source = ${quoteText(contract.name)} AND coalesce((_file_id || ':' || _row) IN (SELECT place FROM "$settled"), false)`,
        within: { op: 'and', of: [{ op: 'eq', column: 'source', value: contract.name }, { op: 'in', column: '_file_id', values: candidates.origins.map(({ fileId }) => fileId) }] },
      }, { isolation: 'snapshot', summary: { 'millrace.run-id': runId, 'millrace.replayed': String(report.accepted) }, temporaryFolder: context.temporaryFolder, signal });
      await recount(context, session, contract.name, candidates.origins.map(({ fileId }) => fileId), runId, signal);
    }
    return report;
  } finally {
    await candidates.release();
  }
}

/** Good rows that are not in bronze yet, in one commit. */
async function append(context: IngestContext, session: Session, contract: Contract, candidates: Candidates, runId: string, signal: AbortSignal | undefined): Promise<void> {
  const staged = candidates.fresh();
  const jsonExtras = await extraKeys(session, staged, contract, signal);
  const table = await ensureBronze(context.lake, contract, [...jsonExtras.keys()]);
  const { origins, key, lookedIn } = candidates;
  const files = await writeBronze(context, { session, table, select: bronzeSelect(table, contract, staged, origins, jsonExtras), origins, key, signal });
  if (files.length === 0) return;
  try {
    await table.append(files, {
      signal, summary: { 'millrace.run-id': runId }, basedOn: { snapshot: lookedIn }, beforeCommit: (rebase) => checkNotThere(context, table, rebase, origins, signal),
    });
  } catch (thrown) {
    // After any other error the commit may have come through, and its files must stay.
    if (thrown instanceof ReplayedMeanwhile || (thrown instanceof MillraceError && thrown.code === 'conflict')) await discardFiles(context.lake, files);
    throw thrown;
  }
}

/** Rows of these files that somebody added since they were looked for may be the very ones: look again. */
async function checkNotThere(context: IngestContext, table: Table, rebase: Rebase, origins: readonly Origin[], signal: AbortSignal | undefined): Promise<void> {
  const fileIds = origins.map(({ fileId }) => fileId);
  const candidates = (await rebase.addedFiles()).filter((file) => file.content === 0 && mayHold(table, file, fileIds));
  if (candidates.length === 0) return;
  const files = candidates.map((file) => ({ file, sequenceNumber: 0n, snapshotId: 0n, positionDeletes: [] }));
  const [row] = await query({ ...context, signal }, table, files, ['_file_id'], (relation) =>
    `SELECT count(*) AS rows FROM ${relation} WHERE _file_id IN (${fileIds.map(quoteText).join(', ')})`);
  if (Number(row?.['rows']) > 0) throw new ReplayedMeanwhile();
}

async function sourcesWithRows(context: IngestContext, options: ReplayOptions): Promise<string[]> {
  const where = whereOf(context, options);
  const table = await context.lake.findTable(REJECTED);
  if (table === undefined) return [];
  const { files } = await table.scan({ filter: where.within });
  if (files.length === 0) return [];
  const rows = await query({ ...context, signal: options.signal }, table, files, ['source', '_file', '_file_id', '_stream', 'reason', 'superseded_by'], (relation) =>
    `SELECT DISTINCT source FROM ${relation} WHERE ${where.sql} ORDER BY 1`);
  return rows.map((row) => String(row['source']));
}

