// The port to the online store: texts by key, written only if nobody else has written them since they were read.

export interface StoredItem {
  value: string;
  /** Of the change that wrote it. */
  version: number;
}

export interface Change {
  key: string;
  /** undefined: the item goes. */
  value: string | undefined;
  /** The version that was read; undefined: there was none. */
  expected: number | undefined;
  /** The version that it gets, for a writer that remembers it: `nextVersion`. Default: the adapter chooses one. */
  version?: number;
  /** When the item may be forgotten, seconds since 1970; undefined: never. */
  expiresAt: number | undefined;
}

export type WriteResult = { ok: true } | { ok: false; conflict: true };

/**
 * Items by key. Keys have at most 1,024 bytes, in ASCII without line breaks; values at most some 300 KB.
 *
 * Reads see every write that was answered before them. A write happens whole or not at all, is durable when its promise resolves, and
 * does nothing but tell of a conflict where an item is not as it was read. Other failures are MillraceErrors of code `io`.
 */
export interface OnlineStore {
  /** The items in the order of their keys. */
  get(keys: readonly string[]): Promise<(StoredItem | undefined)[]>;
  write(changes: readonly Change[]): Promise<WriteResult>;
  /** How many items a write may have. */
  readonly mostChanges: number;
  /** True: mostly one process writes it, so what a writer remembers of an item is built on at once; a conflict tells where it was wrong. */
  readonly hasOneWriter?: boolean;
  close(): Promise<void>;
}

let stamp = Math.floor(Math.random() * 1024);

/** A version greater than the one that was read, and different from any that the key had before it expired or was removed. */
export function nextVersion(expected: number | undefined, nowMilliseconds: number): number {
  stamp = (stamp + 1) % 1024;
  return Math.max((expected ?? 0) + 1, nowMilliseconds * 1024 + stamp);
}
