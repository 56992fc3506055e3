// Files from the landing folder, or from paths given by hand, into bronze.
import path from 'node:path';
import type { FileBatch, FileIngest, LandedCounts } from '../batch/index.ts';
import { discoverLanding, discoverPaths, ingestFiles, openKeyFolder, watchLanding, type Discovered, type FileReport, type IngestContext, type IngestReport, type Progress } from '../ingest/index.ts';
import type { Runtime } from './runtime.ts';

export async function ingestContext(runtime: Runtime): Promise<IngestContext> {
  const [database, { sources }] = await Promise.all([runtime.database(), runtime.project()]);
  return { lake: runtime.lake, database, contracts: sources, keys: openKeyFolder(runtime.home.keys), clock: runtime.clock, temporaryFolder: path.join(runtime.home.temporary, 'ingest') };
}

/** Lands what lies in the landing folder and what comes, until the signal aborts; gives a report whenever there was something new. */
export async function* watchLandingFolder(runtime: Runtime, signal: AbortSignal): AsyncGenerator<IngestReport, void, undefined> {
  yield* watchLanding(await ingestContext(runtime), runtime.home.landing, { signal });
}

/** Ingests the landing folder, or the given files and folders, without running any model. */
export async function ingestNow(runtime: Runtime, paths: readonly string[], options: { onProgress?: (progress: Progress) => void; runId?: string } = {}): Promise<IngestReport> {
  const context = await ingestContext(runtime);
  const found = paths.length === 0
    ? await discoverLanding(runtime.home.landing, context.contracts)
    : await discoverPaths(paths, context.contracts);
  return ingestFiles(context, found, { ...options, ...(runtime.signal === undefined ? {} : { signal: runtime.signal }) });
}

export interface LocalFileIngestOptions { onProgress?: (progress: Progress) => void; onReport?: (report: FileReport) => void }

/** The batch workflow's way to the landing folder. */
export async function localFileIngest(runtime: Runtime, { onProgress, onReport }: LocalFileIngestOptions = {}): Promise<FileIngest> {
  const context = await ingestContext(runtime);
  const known = new Map<string, Discovered>();
  return {
    async discover() {
      const found = await discoverLanding(runtime.home.landing, context.contracts);
      const batches = new Map<string, FileBatch>();
      for (const one of found) {
        const place = one.fate === 'known' ? one.file.path : one.path;
        const source = one.fate === 'known' ? one.source : '';
        known.set(place, one);
        batches.set(source, { source, files: [...(batches.get(source)?.files ?? []), place] });
      }
      return [...batches.values()];
    },
    async ingest({ files }, runId, signal) {
      const missing = files.filter((file) => !known.has(file));
      const found = [...files.flatMap((file) => known.get(file) ?? []), ...await discoverPaths(missing, context.contracts)];
      const report = await ingestFiles(context, found, { runId, ...(signal === undefined ? {} : { signal }), ...(onProgress === undefined ? {} : { onProgress }) });
      report.files.forEach((file) => onReport?.(file));
      return countsOf(report);
    },
  };
}

function countsOf({ totals }: IngestReport): LandedCounts {
  return { files: totals.files, seenBefore: totals.seen, refused: totals.failed + totals.unknown, rows: totals.rows, accepted: totals.accepted, rejected: totals.rejected };
}
