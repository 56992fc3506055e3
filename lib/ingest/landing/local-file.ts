// A file of a landing folder on disk.
import { open, stat } from 'node:fs/promises';
import { MillraceError } from '../../base/index.ts';
import type { FileStamp, LandingFile } from './landing-file.ts';

const CHUNK_BYTES = 1024 * 1024;

export async function localFile(path: string, name: string, source?: string): Promise<LandingFile> {
  const { modifiedAt, ...found } = await stampOf(path);
  return {
    path, name, localPath: path, size: found.size, modifiedAt, found,
    ...(source === undefined ? {} : { source }),
    open: () => chunksOf(path),
    stamp: () => stampOf(path),
  };
}

/** The bytes of a file, or of `[from, to)` of it; the chunk is one buffer, filled again and again. */
export async function* chunksOf(path: string, from = 0, to = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array, void, undefined> {
  const handle = await open(path, 'r').catch((cause: unknown) => { throw cannotRead(path, cause); });
  try {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, to - from));
    for (let at = from; at < to;) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, to - at), at).catch((cause: unknown) => { throw cannotRead(path, cause); });
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/**
 * Size, times and inode. The time of the last change of the inode cannot be set back by a program, unlike the file's own; both
 * are taken in nanoseconds.
 */
async function stampOf(path: string): Promise<FileStamp & { modifiedAt: number }> {
  const found = await stat(path, { bigint: true }).catch((cause: unknown) => { throw cannotRead(path, cause); });
  return { size: Number(found.size), modifiedAt: Number(found.mtimeMs), version: [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join('.') };
}

function cannotRead(path: string, cause: unknown): MillraceError {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new MillraceError('not_found', 'the file is not there', { where: path, todo: 'Look whether it was moved or deleted meanwhile.', cause });
  if (code === 'EACCES' || code === 'EPERM') {
    return new MillraceError('io', 'the file may not be read: permission denied', { where: path, todo: 'Give this user the right to read it.', cause });
  }
  return new MillraceError('io', `the file cannot be read: ${(cause as Error).message}`, { where: path, cause });
}
