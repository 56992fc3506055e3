// What the operating system says of a full or forbidden disk, in words that name the remedy.
import { MillraceError, messageOf } from '../../base/index.ts';

/** A MillraceError as it is; anything else as `io`, with the path that was written. */
export function diskError(thrown: unknown, path: string): MillraceError {
  if (thrown instanceof MillraceError) return thrown;
  const { code } = thrown as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new MillraceError('io', 'the disk is full', { where: path, todo: 'Make room and run it again; nothing was half-published.', cause: thrown });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new MillraceError('io', 'the file may not be written: permission denied', { where: path, todo: 'Give this user the right to write there, or choose another --home.', cause: thrown });
  }
  return new MillraceError('io', messageOf(thrown), { where: path, cause: thrown });
}
