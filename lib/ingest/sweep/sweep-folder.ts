// The sweep on one machine: files below the folder of failed records go to the quarantine, then they are deleted.
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { IngestContext } from '../types.ts';
import type { FailedObject } from './read-failures.ts';
import { sweepFailures, type SweepOptions, type SweepReport } from './sweep.ts';

/** Taken at once: a commit a batch, and no more in memory than that. */
const MOST_FILES = 1000;
const MOST_BYTES = 64 * 2 ** 20;

/** Sweeps what lies there; files whose names end in `.tmp` are still being written. */
export async function sweepFolder(context: IngestContext, folder: string, options: SweepOptions = {}): Promise<SweepReport> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.tmp') && !entry.name.startsWith('.')).map((entry) => path.join(entry.parentPath, entry.name)).sort();
  const total: SweepReport = { objects: 0, records: 0, reasons: {} };
  let batch: FailedObject[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    const report = await sweepFailures(context, batch, options);
    for (const { name } of batch) await rm(path.join(folder, name), { force: true });
    total.objects += report.objects;
    total.records += report.records;
    for (const [reason, count] of Object.entries(report.reasons)) total.reasons[reason] = (total.reasons[reason] ?? 0) + count;
    batch = [];
    bytes = 0;
  };
  for (const file of files) {
    options.signal?.throwIfAborted();
    // Another process may have been quicker.
    const content = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (content === undefined) continue;
    batch.push({ name: path.relative(folder, file).split(path.sep).join('/'), bytes: content });
    bytes += content.length;
    if (batch.length >= MOST_FILES || bytes >= MOST_BYTES) await flush();
  }
  if (batch.length > 0) await flush();
  return total;
}
