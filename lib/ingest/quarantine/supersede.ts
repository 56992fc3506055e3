// A mended file has landed: the rows that its damaged predecessor left in the quarantine are settled.
//
// They are marked, not deleted: the counts of the predecessor (rows = bronze + quarantine) go on holding, and what was refused can still be
// seen. It is never done by itself: a file of the same name with other bytes may as well be tomorrow's export, in which yesterday's bad rows
// are missing for good. The good rows of both files are in bronze; silver keeps the later one of each key.
import { MillraceError } from '../../base/index.ts';
import { quoteText, updateRows } from '../../lake/duckdb/index.ts';
import { ensureRejected } from '../tables/ensure.ts';
import { findSeen } from '../tables/seen.ts';
import type { IngestContext } from '../types.ts';

/** Marks the rejected rows of a file as settled by another file of the source that has landed; gives their number. */
export async function supersede(context: IngestContext, source: string, fileId: string, byFileId: string, signal?: AbortSignal): Promise<number> {
  if (fileId === byFileId) throw new MillraceError('usage', 'a file cannot replace itself', { todo: 'Name the damaged file first, then the mended one.' });
  const seen = await findSeen({ ...context, signal }, source, [byFileId]);
  if (!seen.byId.has(byFileId)) throw new MillraceError('not_found', `no file ${byFileId} of ${source} has landed`, { todo: 'Ingest the mended file first.' });
  const table = await ensureRejected(context.lake);
  const result = await context.database.use((session) => updateRows(
    session, table,
    { sql: `source = ${quoteText(source)} AND _file_id = ${quoteText(fileId)} AND superseded_by IS NULL`, within: { op: 'eq', column: 'source', value: source } },
    { superseded_by: quoteText(byFileId) }, { isolation: 'snapshot', temporaryFolder: context.temporaryFolder, signal },
  ));
  return Number(result.rows.updated);
}
