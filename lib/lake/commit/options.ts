// What a caller may say about a commit, and what comes back.
import type { DataFile, Predicate, Snapshot, TableMetadata } from '../types.ts';

/** Sets and removes table properties in the same commit. */
export interface PropertyChange { set?: Readonly<Record<string, string>>; remove?: readonly string[] }

/** The table as it is just before a try: what others have committed since the last look. */
export interface Rebase {
  /** The metadata that the commit is about to build on. */
  metadata: TableMetadata;
  /** Snapshots that came since the one the change was based on (at the first try) or since the last try, oldest first. */
  newSnapshots: readonly Snapshot[];
  /** Data files that those snapshots added. */
  addedFiles(): Promise<DataFile[]>;
}

/** What a `beforeCommit` hook may change about the commit; members left out stay as they are. */
export interface Revision {
  add?: readonly DataFile[];
  properties?: PropertyChange;
  summary?: Readonly<Record<string, string>>;
}

export interface CommitOptions {
  /** Entries for the snapshot's summary. */
  summary?: Readonly<Record<string, string>>;
  /** Names what is committed: where an ancestor snapshot carries the same id, nothing is committed again. Stored as `wap.id`. */
  wapId?: string;
  properties?: PropertyChange;
  /**
   * Called before every try, so that a check against the table is made on what the commit really builds on. Throwing gives the commit
   * up, `'skip'` ends it as already done.
   */
  beforeCommit?(rebase: Rebase): Promise<Revision | 'skip' | void> | Revision | 'skip' | void;
  /** Schema, partitioning or sort order that change in the same commit: added files are of the table as it is after that. Applied again on each base. */
  metadataChange?(metadata: TableMetadata): TableMetadata;
  /** The snapshot that the change was computed from, for instance a `TableScan`; default: the current one of this `Table` object. */
  basedOn?: { snapshot: Snapshot | undefined };
  signal?: AbortSignal;
}

export type Isolation =
  | 'serializable' // neither rows that the change would have read were added, nor rows that it read removed
  | 'snapshot'; // only: the rows it replaces are still as they were

export interface ChangeOptions extends CommitOptions {
  /** Default `serializable`. */
  isolation?: Isolation;
  /** The rows that the change was computed from; default: for an overwrite what it overwrites, otherwise the whole table. */
  reads?: Predicate;
}

export interface CommitResult {
  /** undefined only where a hook skipped the commit of a table without snapshots. */
  snapshot: Snapshot | undefined;
  /** False where nothing was committed: the `wapId` was found in the table, or the hook skipped. */
  committed: boolean;
}
