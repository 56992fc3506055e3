// What ingest works with, and what it tells afterwards.
import type { Clock, MillraceError } from '../base/index.ts';
import type { Contracts } from '../contracts/index.ts';
import type { Lake } from '../lake/index.ts';
import type { Database } from '../lake/duckdb/index.ts';
import type { PrivacyKeys } from './privacy/keys.ts';

export interface IngestContext {
  lake: Lake;
  database: Database;
  contracts: Contracts;
  keys: PrivacyKeys;
  clock: Clock;
  /** A folder on the local disk for spools and for what is fetched; what lies there is worthless once ingest has ended. */
  temporaryFolder: string;
}

/** How a file was read: by DuckDB as it lay, by our own reader, or not at all. */
export type Reader = 'duckdb' | 'exact' | 'json' | 'parquet';

/** What became of a file. */
export type FileStatus =
  | 'landed' // its rows are in bronze and in the quarantine
  | 'empty' // not one row of it is in bronze: it has none, or all are in the quarantine
  | 'seen' // the same bytes landed before, under this name or another
  | 'unknown' // it belongs to no source
  | 'failed'; // nothing of it was kept

export interface FileReport {
  /** Name below the landing folder. */
  file: string;
  source?: string;
  status: FileStatus;
  /** Rows in the file, the header not counted: accepted + rejected. */
  rows: number;
  accepted: number;
  rejected: number;
  /** Rejected rows by reason. */
  reasons: Record<string, number>;
  /** Decompressed. */
  bytes: number;
  fileId?: string;
  reader?: Reader;
  /** Milliseconds from its first byte to its commit; files that were landed together share them. */
  milliseconds: number;
  /** For a file seen before: the name under which it landed. */
  seenAs?: string;
  error?: MillraceError;
  /** What can be done about a file that belongs to no source. */
  todo?: string;
}

export interface IngestReport {
  runId: string;
  files: FileReport[];
  totals: { files: number; landed: number; empty: number; seen: number; failed: number; unknown: number; rows: number; accepted: number; rejected: number };
  milliseconds: number;
}

export type Progress =
  | { event: 'discovered'; files: number; bytes: number }
  | { event: 'read'; file: string; bytes: number }
  | { event: 'finished'; report: FileReport };
