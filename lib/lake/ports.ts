// The two ports of the lake: files, and the catalog that holds the pointer to a table's current metadata.
import type { TableName } from './types.ts';

export interface FileInfo { path: string; size: number; modifiedAt: number }

export interface WriteOptions {
  /** `yes` (default): survives a power cut. `with-folder`: so does its content, its entry once the folder is next made durable. `no`: may be lost. */
  durable?: 'yes' | 'with-folder' | 'no';
  /** Nobody can know of the path yet, so it does not matter if they would see half of it. */
  fresh?: boolean;
}

export interface CreateOptions {
  /** The file becomes visible only after this has resolved, and not at all where it rejects: what it refers to is durable by then. */
  after?: Promise<unknown>;
}

/**
 * Files by absolute path (`/…` on disk, `s3://bucket/key` on S3). Paths are literal, never decoded.
 * Adapters: `LocalFiles` (fsync, link, rename), `S3Files`.
 */
export interface Files {
  read(path: string): Promise<Uint8Array>;
  readRange(path: string, offset: number, length: number): Promise<Uint8Array>;
  /** Whole or not at all, and durable when it resolves. Replaces what was there. */
  write(path: string, bytes: Uint8Array, options?: WriteOptions): Promise<void>;
  /** As write, but false (and nothing changed) where the path exists already. */
  create(path: string, bytes: Uint8Array, options?: CreateOptions): Promise<boolean>;
  exists(path: string): Promise<boolean>;
  stat(path: string): Promise<FileInfo | undefined>;
  /** Names of the folders right below a folder, sorted. */
  listFolders(prefix: string): Promise<string[]>;
  /** Every file at any depth below a folder. */
  list(prefix: string): AsyncIterable<FileInfo>;
  /** Not an error where nothing is there. */
  delete(path: string): Promise<void>;
  /** See `Catalog.takeTurn`; only where processes of one machine share the files. */
  takeTurn?(path: string): Promise<EndTurn>;
}

export type EndTurn = () => Promise<void>;

/** What a catalog knows of a table: where its metadata is, and a token that a commit must present. */
export interface TablePointer { name: TableName; metadataLocation: string; token: string }

/**
 * `conflict`: somebody else committed first, nothing of ours is visible. `unknown`: the answer was lost, so the table
 * must be read again before anything is cleaned up.
 */
export type CommitOutcome = { outcome: 'committed'; pointer: TablePointer } | { outcome: 'conflict' } | { outcome: 'unknown'; cause: unknown; metadataLocation?: string };

/**
 * Compare-and-swap of table pointers. `create` and `commit` throw only where nothing of theirs is visible, and will not be.
 * Adapters: `FolderCatalog` (Hadoop layout), `GlueCatalog` (`VersionId`).
 */
export interface Catalog {
  /** undefined where there is no such table. */
  load(name: TableName): Promise<TablePointer | undefined>;
  /** The folder in which a new table of that name lives. */
  locationFor(name: TableName): string;
  create(name: TableName, location: string, metadata: Uint8Array, columns: CatalogColumn[]): Promise<CommitOutcome>;
  /** Swaps `base` for new metadata, which the catalog writes to the place that its layout asks for. */
  commit(base: TablePointer, location: string, metadata: Uint8Array, columns: CatalogColumn[], options?: CreateOptions): Promise<CommitOutcome>;
  /**
   * Waits, a moment at most, until no other process of this machine is committing to the table. A courtesy that spares lost races and
   * keeps them fair; nothing relies on it, and who does not get the turn goes on without.
   */
  takeTurn?(name: TableName): Promise<EndTurn>;
  /** Deletes metadata files that have fallen out of the table's log; what cannot be deleted is left to the orphan sweep. */
  removeMetadata?(paths: readonly string[]): Promise<void>;
  list(namespace?: string): Promise<TableName[]>;
  /** Forgets the table; files stay. */
  drop(name: TableName): Promise<void>;
}

/** What Glue shows of a column to clients that do not read Iceberg metadata. */
export interface CatalogColumn { name: string; type: string; comment?: string }
