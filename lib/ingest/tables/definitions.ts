// The tables that ingest writes besides bronze: the quarantine, and the list of files.
import type { ColumnDefinition, TableName } from '../../lake/index.ts';

export const REJECTED: TableName = Object.freeze({ namespace: 'bronze', name: 'rejected' });
export const FILES: TableName = Object.freeze({ namespace: 'ops', name: 'files' });

export function bronzeTable(source: string): TableName {
  return { namespace: 'bronze', name: source };
}

/** `bronze.rejected`: one row a record that did not make it into bronze. */
export const REJECTED_COLUMNS: readonly ColumnDefinition[] = Object.freeze<ColumnDefinition[]>([
  { name: 'source', type: 'string', doc: 'The source that the record was for.' },
  { name: '_file', type: 'string', doc: 'Name of the file; NULL for the stream.' },
  { name: '_file_id', type: 'string', doc: 'SHA-256 of the decompressed bytes of the file.' },
  { name: '_row', type: 'long', doc: 'Number of the record in the file, from 1; the header does not count.' },
  { name: 'line', type: 'long', doc: 'Physical line on which the record starts, from 1.' },
  { name: 'byte_offset', type: 'long', doc: 'Where the record starts in the decompressed bytes.' },
  { name: 'reason', type: 'string', doc: 'The first failure, in the order parse, columns, type, null, range, rule.' },
  { name: 'reasons', type: 'string', doc: 'All failures, a JSON array.' },
  { name: 'message', type: 'string', doc: 'The first failure in a sentence.' },
  { name: 'raw', type: 'binary', doc: 'The bytes of the record as they came.' },
  { name: 'raw_encoding', type: 'string', doc: "'plain', or 'aes-256-gcm:<key id>' where the source holds personal data." },
  { name: '_ingested_at', type: 'timestamp', doc: 'When it was refused, UTC.' },
  { name: '_contract_version', type: 'string', doc: 'The version of the contract that refused it.' },
  { name: '_stream', type: 'string', doc: 'The stream the record came by; NULL for files.' },
  { name: '_shard', type: 'string' },
  { name: '_sequence', type: 'string' },
  { name: '_subsequence', type: 'string' },
  { name: 'layout', type: 'string', doc: 'How the bytes are read again: format, delimiter and header, as JSON; NULL for the stream.' },
  { name: 'superseded_by', type: 'string', doc: 'The id of the mended file that replaces the one this row came with; such rows are settled.' },
]);

/** `ops.files`: one row a file that was landed, or that had nothing to land. */
export const FILES_COLUMNS: readonly ColumnDefinition[] = Object.freeze<ColumnDefinition[]>([
  { name: 'source', type: 'string' },
  { name: '_file', type: 'string', doc: 'The name under which it was first seen.' },
  { name: '_file_id', type: 'string', doc: 'SHA-256 of the decompressed bytes.' },
  { name: 'bytes', type: 'long', doc: 'Decompressed.' },
  { name: 'rows', type: 'long', doc: 'accepted + rejected.' },
  { name: 'accepted', type: 'long', doc: 'Rows in bronze.' },
  { name: 'rejected', type: 'long', doc: 'Rows in the quarantine.' },
  { name: 'reader', type: 'string', doc: "Which reader was believed: 'duckdb', 'exact', 'json' or 'parquet'; 'recovered' where a crash cut off the record of it." },
  { name: 'status', type: 'string', doc: "'landed', 'empty' (no row of it is in bronze) or 'expired' (retention took its rows)." },
  { name: 'ingested_at', type: 'timestamp', doc: 'UTC.' },
  { name: 'run_id', type: 'string' },
  { name: 'contract_version', type: 'string' },
  { name: 'path', type: 'string', doc: 'Where the file lay when it was read.' },
  { name: 'stamp', type: 'string', doc: 'What the file system or the bucket said of it then; while it says the same, the file need not be read again.' },
]);
