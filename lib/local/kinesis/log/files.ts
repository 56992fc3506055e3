// Files of the log: whole writes and reads at a position, durable creation and replacement.
import { close, fdatasync, ftruncate, open, read, write, writev } from 'node:fs';
import { promisify } from 'node:util';

export const openFile: (path: string, flags: string) => Promise<number> = promisify(open);
export const closeFile: (file: number) => Promise<void> = promisify(close);
export const syncFile: (file: number) => Promise<void> = promisify(fdatasync);
export const truncateFile: (file: number, bytes: number) => Promise<void> = promisify(ftruncate);

/** A call may not name more pieces than the system takes. */
const MAX_PIECES = 512;

/** Writes all pieces one after the other from `position` on. */
export async function writeAll(file: number, pieces: readonly Buffer[], position: number): Promise<void> {
  for (let at = 0; at < pieces.length; at += MAX_PIECES) {
    const some = pieces.slice(at, at + MAX_PIECES);
    const bytes = some.reduce((sum, piece) => sum + piece.length, 0);
    const written = await new Promise<number>((resolve, reject) => {
      writev(file, some, position, (error, count) => (error === null ? resolve(count) : reject(error)));
    });
    if (written < bytes) await writeRest(file, Buffer.concat(some).subarray(written), position + written);
    position += bytes;
  }
}

async function writeRest(file: number, buffer: Buffer, position: number): Promise<void> {
  for (let done = 0; done < buffer.length;) {
    done += await new Promise<number>((resolve, reject) => {
      write(file, buffer, done, buffer.length - done, position + done, (error, count) => (error === null ? resolve(count) : reject(error)));
    });
  }
}

/** Reads until the buffer is full or the file ends; gives what it read. */
export async function readAt(file: number, buffer: Buffer, position: number): Promise<Buffer> {
  let done = 0;
  while (done < buffer.length) {
    const count = await new Promise<number>((resolve, reject) => {
      read(file, buffer, done, buffer.length - done, position + done, (error, bytes) => (error === null ? resolve(bytes) : reject(error)));
    });
    if (count === 0) break;
    done += count;
  }
  return buffer.subarray(0, done);
}

/** What the log does to its last segment; tests put a disk that fails in its place. */
export interface LogFiles {
  open(path: string, flags: string): Promise<number>;
  close(file: number): Promise<void>;
  /** Resolves once what was written is on the disk. */
  sync(file: number): Promise<void>;
  truncate(file: number, bytes: number): Promise<void>;
  writeAll(file: number, pieces: readonly Buffer[], position: number): Promise<void>;
}

export const diskFiles: LogFiles = Object.freeze({ open: openFile, close: closeFile, sync: syncFile, truncate: truncateFile, writeAll });
