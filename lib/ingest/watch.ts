// Ingest that goes on: files land as they arrive.
import { discoverLanding, type Discovered } from './landing/discover.ts';
import { changes } from './landing/watch.ts';
import { ingestFiles, type IngestOptions } from './ingest.ts';
import type { IngestContext, IngestReport } from './types.ts';

export interface WatchOptions extends Omit<IngestOptions, 'runId' | 'signal'> {
  signal: AbortSignal;
  /** A file is read when it has not changed for so long; default 2 s. */
  settleMilliseconds?: number;
  /** The folder is listed at least so often, whatever the file system tells; default 2 s. */
  everyMilliseconds?: number;
}

/**
 * Lands what lies in the folder, and then what comes, until the signal aborts. Yields a report whenever there was something new; a file that was
 * told of once (landed, seen before, refused, of no source) is not told of again before it changes.
 */
export async function* watchLanding(context: IngestContext, folder: string, options: WatchOptions): AsyncGenerator<IngestReport, void, undefined> {
  const { signal, settleMilliseconds = 2_000, everyMilliseconds = 2_000, ...rest } = options;
  const told = new Map<string, string>();
  for await (const _ of changes({ folder, clock: context.clock, signal, everyMilliseconds })) {
    const found = await discoverLanding(folder, context.contracts, { settle: { milliseconds: settleMilliseconds, now: context.clock.now() } });
    const fresh = found.filter((each) => told.get(pathOf(each)) !== versionOf(each));
    if (fresh.length === 0) continue;
    const report = await ingestFiles(context, fresh, { ...rest, signal });
    // What failed for the machine's sake, as for want of room, is tried again at the next occasion.
    const again = new Set(report.files.filter(({ error }) => error !== undefined && error.code !== 'bad_input' && error.code !== 'unsupported').map(({ file }) => file));
    for (const each of fresh) if (!again.has(nameOf(each))) told.set(pathOf(each), versionOf(each));
    yield report;
  }
}

function pathOf(found: Discovered): string {
  return found.fate === 'known' ? found.file.path : found.path;
}

function nameOf(found: Discovered): string {
  return found.fate === 'known' ? found.file.name : found.name;
}

function versionOf(found: Discovered): string {
  return found.fate === 'known' ? `${found.file.size} ${found.file.modifiedAt}` : found.fate;
}
