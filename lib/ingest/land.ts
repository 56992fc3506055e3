// Files of one source that were read: those seen before are left, the others loaded and published, each with a fate in the end.
import { MillraceError, messageOf } from '../base/index.ts';
import type { Contract } from '../contracts/index.ts';
import { diskError } from './bytes/disk-error.ts';
import type { Material } from './bytes/material.ts';
import type { Intake } from './load/intake.ts';
import { load } from './load/load.ts';
import { RejectedRows } from './load/rejected-rows.ts';
import { layoutOf, prepare, signatureOf } from './prepare.ts';
import type { PreparedFile } from './prepared.ts';
import type { Snapshot } from '../lake/index.ts';
import { LandedMeanwhile, publish, recordFiles, stillRacing, type FileEntry } from './publish/publish.ts';
import { formatOf } from './landing/belonging.ts';
import { findSeen, type SeenFile } from './tables/seen.ts';
import { countRejected } from './tables/rejected.ts';
import type { FileReport, IngestContext } from './types.ts';

export interface Landing {
  context: IngestContext;
  contract: Contract;
  runId: string;
  signal?: AbortSignal;
  /** Bytes of text that DuckDB takes in at once. */
  stretchBytes?: number;
  /** Called once a file. */
  onFinished(report: FileReport): void;
}

/** A file that was read, and the time that its rows will bear. */
export interface ReadFile { material: Material; ingestedAt: bigint; startedAt: number }

interface LoadableFile extends PreparedFile { startedAt: number }

/** Lands files of one source. Failures are told file by file; only an interruption is thrown. */
export async function land(landing: Landing, files: readonly ReadFile[]): Promise<void> {
  const { context, contract, signal } = landing;
  try {
    const { byId, snapshot } = await findSeen({ ...context, signal }, contract.name, files.map(({ material }) => material.fileId));
    await repairList(landing, files, byId);
    const fresh: LoadableFile[] = [];
    for (const file of files) {
      const seen = byId.get(file.material.fileId);
      if (seen !== undefined) landing.onFinished({ ...blank(file, contract), status: 'seen', seenAs: seen.file });
      else fresh.push(...await prepared(landing, file));
    }
    for (const job of jobsOf(fresh)) await runJob(landing, job, snapshot);
  } catch (thrown) {
    rethrowInterruption(thrown, signal);
    // Nobody can say more about the single files: the lake itself did not answer.
    for (const file of files) landing.onFinished(failed(file, contract, thrown));
  } finally {
    for (const { material } of files) await material.release();
  }
}

/** The file as something to load; nothing where it has no rows or cannot be read, which is told at once. */
async function prepared(landing: Landing, file: ReadFile): Promise<LoadableFile[]> {
  const { context, contract, signal } = landing;
  const { material, ingestedAt, startedAt } = file;
  try {
    const preparation = await prepare(context, contract, material, formatOf(material.file.name, contract), signal);
    if (preparation.fate === 'loadable') return [{ contract, material, ingestedAt, startedAt, body: preparation.body }];
    await material.verify();
    const entry: FileEntry = { ...originOf(file, contract), bytes: material.content.size, accepted: 0, rejected: 0, reader: 'exact', status: 'empty', layout: '', ...placeOf(material) };
    await context.database.use((session) => recordFiles(context, session, contract.name, [entry], landing.runId, signal));
    landing.onFinished({ ...blank(file, contract), status: 'empty', milliseconds: elapsed(landing, startedAt) });
  } catch (thrown) {
    rethrowInterruption(thrown, signal);
    landing.onFinished(failed(file, contract, thrown));
  }
  return [];
}

/** Small files of the same columns together, in one commit; others alone. */
function jobsOf(files: readonly LoadableFile[]): LoadableFile[][] {
  const together = new Map<string, LoadableFile[]>();
  const jobs: LoadableFile[][] = [];
  for (const file of files) {
    if (file.body.format === 'parquet' || file.material.content.path !== undefined) {
      jobs.push([file]);
      continue;
    }
    const signature = signatureOf(file.body);
    const job = together.get(signature);
    if (job !== undefined) {
      job.push(file);
      continue;
    }
    together.set(signature, [file]);
    jobs.push(together.get(signature)!);
  }
  return jobs;
}

const MOST_TRIES = 5;

/** A job that fails is tried again file by file, so that one bad file takes no other down with it. */
async function runJob(landing: Landing, job: readonly LoadableFile[], lookedIn: Snapshot | undefined): Promise<void> {
  try {
    await loadAndPublish(landing, job, lookedIn);
  } catch (thrown) {
    rethrowInterruption(thrown, landing.signal);
    if (job.length === 1) landing.onFinished(failed(job[0]!, landing.contract, thrown));
    else for (const file of job) await runJob(landing, [file], lookedIn);
  }
}

async function loadAndPublish(landing: Landing, job: readonly LoadableFile[], lookedIn: Snapshot | undefined): Promise<void> {
  const { context, contract, runId, signal } = landing;
  let files = job;
  let base = lookedIn;
  for (let attempt = 1; files.length > 0; attempt++) {
    const entries = await tryJob(files, base);
    if (entries === 'raced') {
      if (attempt === MOST_TRIES) throw stillRacing(contract.name);
      const seen = await findSeen({ ...context, signal }, contract.name, files.map(({ material }) => material.fileId));
      for (const file of files) {
        const found = seen.byId.get(file.material.fileId);
        if (found !== undefined) landing.onFinished({ ...blank(file, contract), status: 'seen', seenAs: found.file });
      }
      files = files.filter(({ material }) => !seen.byId.has(material.fileId));
      base = seen.snapshot;
      continue;
    }
    for (const [number, file] of files.entries()) landing.onFinished(landed(landing, file, entries.files[number]!, entries.reasons(number)));
    return;
  }

  async function tryJob(files: readonly LoadableFile[], base: Snapshot | undefined): Promise<'raced' | { files: FileEntry[]; reasons(number: number): Record<string, number> }> {
    const origins = files.map((file) => originOf(file, contract));
    const key = Object.values(contract.columns).some(({ pii }) => pii !== undefined) ? await context.keys.current() : undefined;
    return context.database.use((session) => context.database.use(async (rejectedSession) => {
      const rejected = new RejectedRows(rejectedSession, contract.name, origins.map(({ fileId }) => fileId), key);
      await rejected.open();
      const loaded = await load(context, { contract, files, origins, session, rejected, key, stretchBytes: landing.stretchBytes, signal });
      rejected.finish();
      const entries = files.map((file, number): FileEntry => {
        const accepted = loaded.accepted.get(number) ?? 0;
        return {
          ...origins[number]!, bytes: file.material.content.size, accepted, rejected: rejected.countOf(number), reader: loaded.reader,
          status: accepted > 0 ? 'landed' : 'empty', layout: layoutOf(file.body), ...placeOf(file.material),
        };
      });
      try {
        await verifyAll(files, loaded);
        await publish(context, contract, { source: contract.name, files: entries, loaded, rejected, session: rejectedSession, key, runId, lookedIn: base, signal });
      } catch (thrown) {
        if (thrown instanceof LandedMeanwhile) return 'raced' as const;
        throw thrown;
      }
      return { files: entries, reasons: (number: number) => Object.fromEntries(rejected.counts.get(number) ?? []) };
    }));
  }
}

/** Files that were read where they lie must still be what was read. */
async function verifyAll(files: readonly LoadableFile[], loaded: Intake): Promise<void> {
  try {
    for (const { material } of files) await material.verify();
  } catch (thrown) {
    await loaded.discard();
    throw thrown;
  }
}

/** A crash between the commit of bronze and the one of the list left files without an entry there. */
async function repairList(landing: Landing, files: readonly ReadFile[], seen: ReadonlyMap<string, SeenFile>): Promise<void> {
  const { context, contract, runId, signal } = landing;
  const unlisted = files.filter(({ material }) => seen.get(material.fileId)?.listed === false);
  if (unlisted.length === 0) return;
  const rejected = await countRejected({ ...context, signal }, contract.name, unlisted.map(({ material }) => material.fileId));
  const entries = unlisted.map((file): FileEntry => ({
    ...originOf(file, contract), file: seen.get(file.material.fileId)!.file, bytes: file.material.content.size, accepted: seen.get(file.material.fileId)!.accepted ?? 0,
    rejected: rejected.get(file.material.fileId) ?? 0, reader: 'recovered', status: 'landed', layout: '', ...placeOf(file.material),
  }));
  await context.database.use((session) => recordFiles(context, session, contract.name, entries, runId, signal));
}

function originOf({ material, ingestedAt }: { material: Material; ingestedAt: bigint }, contract: Contract): { file: string; fileId: string; ingestedAt: bigint; contractVersion: string } {
  return { file: material.file.name, fileId: material.fileId, ingestedAt, contractVersion: contract.version };
}

function placeOf({ file, stamp }: Material): { path: string; stamp: string } {
  return { path: file.path, stamp: stamp.version };
}

function blank({ material }: { material: Material }, contract: Contract): FileReport {
  return {
    file: material.file.name, source: contract.name, status: 'seen', rows: 0, accepted: 0, rejected: 0, reasons: {}, bytes: material.content.size, fileId: material.fileId, milliseconds: 0,
  };
}

function landed(landing: Landing, file: LoadableFile, entry: FileEntry, reasons: Record<string, number>): FileReport {
  return {
    ...blank(file, landing.contract), status: entry.status, rows: entry.accepted + entry.rejected, accepted: entry.accepted, rejected: entry.rejected, reasons,
    reader: entry.reader as FileReport['reader'], milliseconds: elapsed(landing, file.startedAt),
  };
}

function failed(file: { material: Material }, contract: Contract, thrown: unknown): FileReport {
  return { ...blank(file, contract), status: 'failed', error: asError(thrown, file.material.file.path) };
}

export function asError(thrown: unknown, where: string): MillraceError {
  if (thrown instanceof MillraceError || (thrown as NodeJS.ErrnoException).syscall !== undefined) {
    const placed = thrown instanceof MillraceError ? thrown.where : (thrown as NodeJS.ErrnoException).path;
    return diskError(thrown, placed ?? where);
  }
  return new MillraceError('internal', messageOf(thrown), { where, cause: thrown });
}

export function rethrowInterruption(thrown: unknown, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new MillraceError('interrupted', 'ingest was interrupted; what was landed before stays', { cause: thrown });
}

function elapsed({ context }: Landing, startedAt: number): number {
  return Math.max(0, Math.round(context.clock.now() - startedAt));
}
