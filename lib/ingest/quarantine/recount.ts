// After a replay the list of files says how many rows of each are where.
import { quoteText, type Session } from '../../lake/duckdb/index.ts';
import { recordFiles, type FileEntry } from '../publish/publish.ts';
import { bronzeTable, FILES } from '../tables/definitions.ts';
import { countRejected } from '../tables/rejected.ts';
import { countRows, query } from '../tables/seen.ts';
import type { IngestContext } from '../types.ts';

/** Counts the rows of these files anew, in bronze and in the quarantine. A file that is not on the list stays off it: ingest will put it there. */
export async function recount(context: IngestContext, session: Session, source: string, fileIds: readonly string[], runId: string, signal?: AbortSignal): Promise<void> {
  const lookup = { ...context, signal };
  const list = await context.lake.findTable(FILES);
  const bronze = await context.lake.findTable(bronzeTable(source));
  if (list === undefined || bronze === undefined) return;
  const { files } = await bronze.scan({ filter: { op: 'in', column: '_file_id', values: [...fileIds] } });
  const [accepted, rejected] = await Promise.all([countRows(lookup, bronze, files, fileIds), countRejected(lookup, source, fileIds)]);
  const scan = await list.scan({ filter: { op: 'eq', column: 'source', value: source } });
  const rows = await query(lookup, list, scan.files, ['source', '_file', '_file_id', 'bytes', 'reader', 'ingested_at', 'contract_version', 'path', 'stamp'], (relation) =>
    `SELECT _file AS file, _file_id AS id, bytes, reader, epoch_us(ingested_at) AS at, contract_version AS version, coalesce(path, '') AS path, coalesce(stamp, '') AS stamp FROM ${relation} `
    + `WHERE source = ${quoteText(source)} AND _file_id IN (${fileIds.map(quoteText).join(', ')})`);
  const entries = rows.map((row): FileEntry => {
    const fileId = String(row['id']);
    const inBronze = accepted.get(fileId)?.accepted ?? 0;
    return {
      file: String(row['file']), fileId, ingestedAt: row['at'] as bigint, contractVersion: String(row['version']), bytes: Number(row['bytes']), accepted: inBronze,
      rejected: rejected.get(fileId) ?? 0, reader: String(row['reader']), status: inBronze > 0 ? 'landed' : 'empty', layout: '', path: String(row['path']), stamp: String(row['stamp']),
    };
  });
  if (entries.length > 0) await recordFiles(context, session, source, entries, runId, signal);
}
