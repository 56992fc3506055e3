// Lists the files that landed, in batches of one source.
import type { BatchContext, FileBatch } from '../context.ts';

export async function discover({ files, signal }: BatchContext): Promise<{ batches: FileBatch[] }> {
  return { batches: await files.discover(signal) };
}
