// Lands one batch of files. A bad file is a count here and a row in the quarantine or in ops.files, never a failed run.
import type { BatchContext, FileBatch, LandedCounts } from '../context.ts';

/** `part`: the name of the note that holds the batch. */
export type IngestPayload = { run_id: string } & ({ batch: FileBatch } | { part: string });

export async function ingest({ files, journal, signal }: BatchContext, payload: IngestPayload): Promise<LandedCounts> {
  const batch = 'batch' in payload ? payload.batch : await journal.read<FileBatch>(payload.run_id, payload.part);
  return files.ingest(batch, payload.run_id, signal);
}
