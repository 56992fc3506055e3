// What the operating system says of a full or forbidden disk, in words that name the remedy.
import { MillraceError, messageOf } from '../../base/index.ts';

/** A full or forbidden disk in our words, whoever met it; another MillraceError as it is; anything else as `io`, with the path. */
export function diskError(thrown: unknown, path: string): MillraceError {
  const what = codeOf(thrown);
  if (what === 'full') return new MillraceError('io', 'the disk is full', { where: path, todo: 'Make room and run it again; nothing was half-published.', cause: thrown });
  if (what === 'forbidden') {
    return new MillraceError('io', 'the file may not be written: permission denied', { where: path, todo: 'Give this user the right to write there, or choose another --home.', cause: thrown });
  }
  return thrown instanceof MillraceError ? thrown : new MillraceError('io', messageOf(thrown), { where: path, cause: thrown });
}

/** By the code of Node's error or, where DuckDB met it, by the words of the C library. */
function codeOf(thrown: unknown): 'full' | 'forbidden' | undefined {
  const { code } = thrown as NodeJS.ErrnoException;
  const isDuckDb = thrown instanceof MillraceError && thrown.code === 'io' && thrown.cause !== undefined;
  const message = isDuckDb ? `${thrown.message} ${messageOf(thrown.cause)}` : '';
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG' || /No space left on device|Disk quota exceeded|File too large/.test(message)) return 'full';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || /Permission denied|Read-only file system/.test(message)) return 'forbidden';
  return undefined;
}
