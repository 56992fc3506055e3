// Lands one batch of files. A bad file is a count here and a row in the quarantine or in ops.files, never a failed run.
import type { BatchContext, FileBatch, LandedCounts } from '../context.ts';

export async function ingest({ files, signal }: BatchContext, { run_id, batch }: { run_id: string; batch: FileBatch }): Promise<LandedCounts> {
  return files.ingest(batch, run_id, signal);
}
