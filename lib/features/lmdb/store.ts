// The online store of one machine: an LMDB environment in a folder. Its transactions are on the disk when they are answered.
import { mkdir } from 'node:fs/promises';
import { MillraceError, messageOf, type Clock } from '../../base/index.ts';
import { nextVersion, type Change, type OnlineStore, type StoredItem, type WriteResult } from '../store.ts';

/** An item as it is kept; `expiresAt` in seconds since 1970. */
export interface KeptItem extends StoredItem { key: string; expiresAt: number | undefined }

export interface LmdbStore extends OnlineStore {
  /** All items that have not expired at that time (milliseconds since 1970), in the order of their keys. */
  entries(now: number): Iterable<KeptItem>;
  /** As `get`, at once: for who scores. */
  getNow(keys: readonly string[]): (StoredItem | undefined)[];
  /** The version of an item, at once and without its text; undefined where there is none. */
  versionNow(key: string): number | undefined;
  /** A number that every write replaces by a greater one, whichever process wrote. */
  lastWrite(): number;
  /** Removes items that have expired, about `most` a call; gives how many. */
  sweep(now: number, most?: number): Promise<number>;
  /** How many items there are, expired ones included. */
  size(): number;
}

export interface LmdbOptions { folder: string; clock: Clock; /** Opens what is there, and writes nothing. */ readOnly?: boolean }

/** Before an item's text: its version, and when it expires (seconds, 0: never). */
const HEADER_BYTES = 12;
/** Each write notes its items by the hour in which they expire, so that the sweep finds them without looking at the others. */
const BUCKET_SECONDS = 3600;
/** Between the keys of a note; no key holds it. */
const SEPARATOR = '\n';

/**
 * Opens the store, and makes the folder where there is none. Several processes may read it; versions keep writers from losing each other's work.
 *
 * Throws `io` where the folder cannot be used, `not_found` where there is nothing to read.
 */
export async function openLmdbStore({ folder, clock, readOnly = false }: LmdbOptions): Promise<LmdbStore> {
  // Loaded when a store is opened: it is native code that most commands do not need.
  const { open, ABORT } = await import('lmdb');
  const refuse = (cause: unknown): never => {
    throw new MillraceError(readOnly ? 'not_found' : 'io', `the online store cannot be opened: ${messageOf(cause)}`, { where: folder, todo: readOnly ? 'Run `millrace features backfill` to make it.' : 'See that the folder can be written.', cause });
  };
  if (!readOnly) await mkdir(folder, { recursive: true }).catch(refuse);
  const root = await Promise.resolve().then(() => open({ path: folder, readOnly, maxDbs: 4 })).catch(refuse);
  const items = await Promise.resolve().then(() => root.openDB<Buffer, string>({ name: 'items', encoding: 'binary' })).catch(refuse);
  const expiries = await Promise.resolve().then(() => root.openDB<string, [hour: number, note: number]>({ name: 'expiries', encoding: 'string' })).catch(refuse);
  if (items === undefined || expiries === undefined) return refuse(new Error('there is none'));

  // Where a commit fails the library rejects a promise of its own beside those that are waited for, which would end the process if nobody took it.
  if (!readOnly) root.on('beforecommit', () => queueMicrotask(() => void root.committed.then(() => undefined, hear)));

  const getNow = (keys: readonly string[]) => keys.map((key): StoredItem | undefined => {
    const bytes = items.getBinaryFast(key) as Buffer | undefined;
    return bytes === undefined ? undefined : { value: bytes.toString('utf8', HEADER_BYTES), version: versionOf(bytes) };
  });
  const failed = (what: string) => (cause: unknown): never => {
    throw new MillraceError('io', `the online store cannot be ${what}: ${messageOf(cause)}`, { where: folder, todo: 'See that the disk has room and the folder can be written; then try again.', cause });
  };

  let notes = 0;
  const encoder = new ItemEncoder();
  /** False where an item is not as it was read; what was written until then is to be taken back. */
  const applyAll = (changes: readonly Change[]): boolean => {
    const expiring = new Map<number, string[]>();
    for (const { key, value, expected, version = nextVersion(expected, clock.now()), expiresAt = 0 } of changes) {
      let before = 0;
      if (expected !== undefined || value === undefined) {
        const bytes = items.getBinaryFast(key) as Buffer | undefined;
        if ((bytes === undefined ? undefined : versionOf(bytes)) !== expected) return false;
        if (bytes !== undefined) before = bucketOf(expiryOf(bytes));
      }
      if (value === undefined) {
        items.removeSync(key);
        continue;
      }
      const bytes = encoder.encode(value, version, expiresAt);
      // Of this the types say that it gives nothing; it tells whether the item is in.
      const isIn: unknown = items.putSync(key, bytes, { noOverwrite: expected === undefined });
      if (isIn === false) return false;
      const bucket = bucketOf(expiresAt);
      if (expiresAt === 0 || bucket === before) continue;
      const noted = expiring.get(bucket);
      if (noted === undefined) expiring.set(bucket, [key]);
      else noted.push(key);
    }
    for (const [bucket, noted] of expiring) expiries.putSync([bucket, clock.now() * 1024 + (notes++ % 1024)], noted.join(SEPARATOR));
    return true;
  };

  return {
    mostChanges: Number.POSITIVE_INFINITY,
    hasOneWriter: true,
    get: async (keys) => getNow(keys),
    getNow,
    *entries(now) {
      for (const { key, value } of items.getRange()) {
        const expiresAt = expiryOf(value);
        if (expiresAt === 0 || expiresAt * 1000 > now) yield { key, value: value.toString('utf8', HEADER_BYTES), version: versionOf(value), expiresAt: expiresAt === 0 ? undefined : expiresAt };
      }
    },
    versionNow(key) {
      const bytes = items.getBinaryFast(key) as Buffer | undefined;
      return bytes === undefined ? undefined : versionOf(bytes);
    },
    lastWrite: () => lastTransactionOf(root),
    async write(changes): Promise<WriteResult> {
      try {
        // Writes of one moment share a transaction, each whole in itself, and its way to the disk is waited for beside other work, not instead of it.
        let isIn = false;
        await root.childTransaction(() => {
          isIn = applyAll(changes);
          return isIn ? undefined : ABORT;
        });
        await root.flushed;
        return isIn ? { ok: true } : { ok: false, conflict: true };
      } catch (cause) {
        return failed('written')(cause);
      }
    },
    async sweep(now, most = 10_000) {
      const bucket = bucketOf(Math.floor(now / 1000));
      let noted = 0;
      const due: { note: [number, number]; keys: string[] }[] = [];
      for (const { key, value } of expiries.getRange({ end: [bucket, 0] })) {
        due.push({ note: key, keys: value.split(SEPARATOR) });
        noted += due.at(-1)!.keys.length;
        if (noted >= most) break;
      }
      if (due.length === 0) return 0;
      let swept = 0;
      try {
        root.transactionSync(() => {
          for (const { note, keys } of due) {
            expiries.removeSync(note);
            for (const key of keys) {
              const bytes = items.getBinaryFast(key) as Buffer | undefined;
              // What was written again since then stands in a later hour.
              if (bytes === undefined || bucketOf(expiryOf(bytes)) !== note[0]) continue;
              items.removeSync(key);
              swept++;
            }
          }
        });
      } catch (cause) {
        failed('swept')(cause);
      }
      return swept;
    },
    size: () => (items.getStats() as { entryCount: number }).entryCount,
    close: () => root.close(),
  };
}

/** All statistics take five times the time of those that hold the number, and who scores asks for it in every turn of the event loop. */
function lastTransactionOf(root: { getStats(): unknown; env?: { info?(): { lastTxnId: number } } }): number {
  return root.env?.info?.().lastTxnId ?? (root.getStats() as { lastTxnId: number }).lastTxnId;
}

const bucketOf = (seconds: number): number => Math.floor(seconds / BUCKET_SECONDS);

/** Items as bytes, one after the other in the same place: a transaction copies what it is given. */
class ItemEncoder {
  private bytes = Buffer.allocUnsafeSlow(64 * 1024);

  encode(value: string, version: number, expiresAt: number): Buffer {
    // A unit of UTF-16 takes three bytes at most.
    const most = HEADER_BYTES + value.length * 3;
    if (most > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(most);
    this.bytes.writeDoubleBE(version, 0);
    this.bytes.writeUInt32BE(Math.min(expiresAt, 0xffff_ffff), 8);
    return this.bytes.subarray(0, HEADER_BYTES + this.bytes.write(value, HEADER_BYTES, 'utf8'));
  }
}

const versionOf = (bytes: Buffer): number => bytes.readDoubleBE(0);
const expiryOf = (bytes: Buffer): number => bytes.readUInt32BE(8);

/** Takes what is rejected beside what is waited for: the same failure, told once more. */
function hear(failure: unknown): void {
  if (failure instanceof Error && 'commitError' in failure) void Promise.resolve(failure.commitError).catch(() => undefined);
}
