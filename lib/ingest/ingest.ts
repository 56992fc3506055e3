// Ingest: what lies in the landing folder becomes rows of bronze and of the quarantine, each file once, none in the way of another.
import { uuidv7 } from '../base/index.ts';
import type { Discovered } from './landing/discover.ts';
import { IngestRun, nothing } from './run.ts';
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

/**
 * Lands the files that were found. Files of a source bear times of ingestion in the order of their names, so that of two exports of the same
 * rows the later one wins. What is wrong with a file is told in its report; thrown is `interrupted`, and what keeps the lake from being read.
 */
export async function ingestFiles(context: IngestContext, found: readonly Discovered[], options: IngestOptions = {}): Promise<IngestReport> {
  const { clock } = context;
  const begun = clock.now();
  const run = new IngestRun(context, { ...options, runId: options.runId ?? uuidv7(begun) });
  const known = found.filter((each) => each.fate === 'known');
  options.onProgress?.({ event: 'discovered', files: known.length, bytes: known.reduce((sum, { file }) => sum + file.size, 0) });
  for (const each of found) {
    if (each.fate === 'unknown') run.finish(each.path, { ...nothing(each.name), status: 'unknown', todo: each.todo });
    if (each.fate === 'failed') run.finish(each.path, { ...nothing(each.name), status: 'failed', error: each.error });
  }
  await run.land(known);
  const files = found.map((each) => run.reportOf(each.fate === 'known' ? each.file.path : each.path)).filter((report) => report !== undefined);
  return { runId: run.runId, files, totals: totalsOf(files), milliseconds: Math.round(clock.now() - begun) };
}

function totalsOf(files: readonly FileReport[]): IngestReport['totals'] {
  const count = (status: FileReport['status']): number => files.filter((file) => file.status === status).length;
  const sum = (value: (file: FileReport) => number): number => files.reduce((total, file) => total + value(file), 0);
  return {
    files: files.length, landed: count('landed'), empty: count('empty'), seen: count('seen'), failed: count('failed'), unknown: count('unknown'),
    rows: sum(({ rows }) => rows), accepted: sum(({ accepted }) => accepted), rejected: sum(({ rejected }) => rejected),
  };
}
