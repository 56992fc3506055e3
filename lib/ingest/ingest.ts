// Ingest: what lies in the landing folder becomes rows of bronze and of the quarantine, each file once, none in the way of another.
import { MillraceError, uuidv7 } from '../base/index.ts';
import type { Contract } from '../contracts/index.ts';
import { materialise, type Material } from './bytes/material.ts';
import { asError, land, rethrowInterruption, type ReadFile } from './land.ts';
import { formatOf } from './landing/belonging.ts';
import type { Discovered } from './landing/discover.ts';
import type { LandingFile } from './landing/landing-file.ts';
import { findUnchanged } from './tables/unchanged.ts';
import type { FileReport, IngestContext, IngestReport, Progress } from './types.ts';

export interface IngestOptions {
  /** Names the run in the lake; default: a new UUID. */
  runId?: string;
  signal?: AbortSignal;
  onProgress?(progress: Progress): void;
  /** A file with more decompressed bytes is refused. */
  sizeLimit?: number;
  /** Up to so many decompressed bytes a file is held in memory, and landed together with others; default 4 MiB. */
  memoryLimit?: number;
  /** Bytes of text that DuckDB takes in at once; default 128 MiB. */
  stretchBytes?: number;
}

/** Small files are landed together: so many at most, of so many bytes. */
const MOST_FILES = 256;
const MOST_BYTES = 32 * 1024 * 1024;
/** Jobs at a time: while DuckDB reads for one, the next file is hashed and counted. */
const JOBS = 2;

/**
 * Lands the files that were found. Files of a source bear times of ingestion in the order of their names, so that of two exports of the same
 * rows the later one wins. Throws only `interrupted`; everything else is told file by file.
 */
export async function ingestFiles(context: IngestContext, found: readonly Discovered[], options: IngestOptions = {}): Promise<IngestReport> {
  const { clock } = context;
  const { runId = uuidv7(clock.now()), signal } = options;
  const begun = clock.now();
  const reports = new Map<string, FileReport>();
  const finish = (path: string) => (report: FileReport): void => {
    if (reports.has(path)) return;
    reports.set(path, report);
    options.onProgress?.({ event: 'finished', report });
  };
  const known = found.filter((each) => each.fate === 'known');
  options.onProgress?.({ event: 'discovered', files: known.length, bytes: known.reduce((sum, { file }) => sum + file.size, 0) });
  for (const each of found) {
    if (each.fate === 'unknown') finish(each.path)({ ...nothing(each.name), status: 'unknown', todo: each.todo });
    if (each.fate === 'failed') finish(each.path)({ ...nothing(each.name), status: 'failed', error: each.error });
  }

  const unread = await leaveUnchanged(context, known, signal, finish);
  const running = new Set<Promise<void>>();
  let interruption: unknown;
  const start = async (contract: Contract, group: readonly ReadFile[]): Promise<void> => {
    while (running.size >= JOBS) await Promise.race(running);
    if (interruption !== undefined) {
      for (const { material } of group) await material.release();
      throw interruption;
    }
    const paths = new Map(group.map(({ material }) => [material.fileId, material.file.path]));
    const job: Promise<void> = land({ context, contract, runId, signal, stretchBytes: options.stretchBytes, onFinished: (report) => finish(paths.get(report.fileId ?? '') ?? report.file)(report) }, group)
      .catch((thrown: unknown) => { interruption ??= thrown; })
      .finally(() => running.delete(job));
    running.add(job);
  };
  try {
    let moment = BigInt(begun) * 1000n;
    for (const [source, files] of bySource(unread)) {
      const contract = context.contracts.get(source);
      if (contract === undefined) throw new MillraceError('internal', `there is no contract ${source}`);
      await readSource(context, contract, files, options, () => moment++, start, finish);
    }
  } catch (thrown) {
    interruption ??= thrown;
  }
  await Promise.all(running);
  if (interruption !== undefined) {
    rethrowInterruption(interruption, signal);
    throw interruption;
  }
  const files = found.map((each) => reports.get(each.fate === 'known' ? each.file.path : each.path)).filter((report) => report !== undefined);
  return { runId, files, totals: totalsOf(files), milliseconds: Math.round(clock.now() - begun) };
}

type Known = Extract<Discovered, { fate: 'known' }>;

/** Files that lie where they lay, unchanged, when they landed are told as seen without being read; gives the others. */
async function leaveUnchanged(
  context: IngestContext, known: readonly Known[], signal: AbortSignal | undefined, finish: (path: string) => (report: FileReport) => void,
): Promise<Known[]> {
  const remembered = await findUnchanged({ ...context, signal }, known.map(({ source, file }) => ({ source, path: file.path, stamp: file.found.version })));
  return known.filter(({ source, file }) => {
    const seen = remembered.get(file.path);
    if (seen === undefined) return true;
    finish(file.path)({ ...nothing(file.name), source, status: 'seen', fileId: seen.fileId, seenAs: seen.file, bytes: seen.bytes });
    return false;
  });
}

/** Reads the files of a source one after the other, and hands them on: big ones alone, small ones in groups. */
async function readSource(
  context: IngestContext, contract: Contract, files: readonly LandingFile[], { signal, sizeLimit, memoryLimit, onProgress }: IngestOptions, nextMoment: () => bigint,
  start: (contract: Contract, group: readonly ReadFile[]) => Promise<void>, finish: (path: string) => (report: FileReport) => void,
): Promise<void> {
  const claimed = new Map<string, string>();
  let group: ReadFile[] = [];
  let groupBytes = 0;
  const release = async (): Promise<void> => {
    const full = group;
    group = [];
    groupBytes = 0;
    if (full.length > 0) await start(contract, full);
  };
  try {
    for (const file of files) {
      const startedAt = context.clock.now();
      let material: Material;
      try {
        signal?.throwIfAborted();
        const limits = { temporaryFolder: context.temporaryFolder, sizeLimit, signal };
        // DuckDB opens Parquet itself, so it has to lie on disk.
        const isParquet = formatOf(file.name, contract) === 'parquet';
        material = await materialise(file, { ...limits, memoryLimit: isParquet ? 0 : memoryLimit });
        if (material.sniffed.kind === 'parquet' && material.content.path === undefined) material = await materialise(file, { ...limits, memoryLimit: 0 });
      } catch (thrown) {
        rethrowInterruption(thrown, signal);
        finish(file.path)({ ...nothing(file.name), source: contract.name, status: 'failed', error: asError(thrown, file.path) });
        continue;
      }
      onProgress?.({ event: 'read', file: file.name, bytes: file.size });
      const twin = claimed.get(material.fileId);
      if (twin !== undefined) {
        finish(file.path)({ ...nothing(file.name), source: contract.name, status: 'seen', seenAs: twin, fileId: material.fileId, bytes: material.content.size });
        await material.release();
        continue;
      }
      claimed.set(material.fileId, file.name);
      const read: ReadFile = { material, ingestedAt: nextMoment(), startedAt };
      if (material.content.path !== undefined) {
        await start(contract, [read]);
        continue;
      }
      group.push(read);
      groupBytes += material.content.size;
      if (group.length >= MOST_FILES || groupBytes >= MOST_BYTES) await release();
    }
    await release();
  } finally {
    for (const { material } of group) await material.release();
  }
}

function bySource(known: readonly Known[]): Map<string, LandingFile[]> {
  const sources = new Map<string, LandingFile[]>();
  for (const { source, file } of known) sources.set(source, [...(sources.get(source) ?? []), file]);
  return sources;
}

function nothing(file: string): FileReport {
  return { file, status: 'failed', rows: 0, accepted: 0, rejected: 0, reasons: {}, bytes: 0, milliseconds: 0 };
}

function totalsOf(files: readonly FileReport[]): IngestReport['totals'] {
  const count = (status: FileReport['status']): number => files.filter((file) => file.status === status).length;
  const sum = (value: (file: FileReport) => number): number => files.reduce((total, file) => total + value(file), 0);
  return {
    files: files.length, landed: count('landed'), empty: count('empty'), seen: count('seen'), failed: count('failed'), unknown: count('unknown'),
    rows: sum(({ rows }) => rows), accepted: sum(({ accepted }) => accepted), rejected: sum(({ rejected }) => rejected),
  };
}
