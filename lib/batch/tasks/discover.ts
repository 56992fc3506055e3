// Lists the files that landed. The lists stay in the run's notes, and the workflow gives on only their names: however many files there are, what
// passes from state to state stays small.
import type { BatchContext, FileBatch } from '../context.ts';

/** The batches of one source, in their order, by the names of their notes. */
export interface SourceBatches { source: string; parts: string[] }

/** Of a run; what is more is left to the next one. A machine's history is limited, and so are its steps. */
const MOST_PARTS = 2000;

export async function discover({ files, journal, signal }: BatchContext, { run_id }: { run_id: string }): Promise<{ batches: SourceBatches[] }> {
  const found = (await files.discover(signal)).slice(0, MOST_PARTS);
  const bySource = new Map<string, SourceBatches>();
  await Promise.all(found.map(async (batch, index) => {
    const part = `files-${String(index).padStart(5, '0')}`;
    const { parts } = bySource.get(batch.source) ?? { parts: [] };
    bySource.set(batch.source, { source: batch.source, parts: [...parts, part] });
    await journal.note(run_id, part, batch satisfies FileBatch);
  }));
  return { batches: [...bySource.values()] };
}
