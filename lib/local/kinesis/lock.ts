// One process owns the streams of a home: two would write over each other's records.
import { readFile, readlink, rename, symlink, unlink } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError, messageOf } from '../../base/index.ts';

/**
 * Takes the lock, a symbolic link that names its process; gives how to let it go. The lock of a process that is gone is taken over.
 * @throws MillraceError `conflict` where another process has it, or this one already, `io` where the folder does not let itself be locked.
 */
export async function lockStreams(folder: string): Promise<() => Promise<void>> {
  const file = path.join(folder, '.lock');
  const ours = `${process.pid}:${await bornAt(process.pid)}`;
  for (let tried = 0; tried < 5; tried++) {
    const failure = await symlink(ours, file).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error,
    );
    if (failure === undefined) return () => unlink(file).catch(() => undefined);
    if (failure.code !== 'EEXIST')
      throw new MillraceError('io', `the streams cannot be locked: ${messageOf(failure)}`, {
        where: folder,
        todo: 'Make room, or give this user the right to write there.',
        cause: failure,
      });
    const theirs = await readlink(file).catch(() => undefined);
    if (theirs === undefined) continue;
    const pid = Number(theirs.split(':')[0]);
    if (Number.isInteger(pid) && pid > 0 && isAlive(pid) && theirs === `${pid}:${await bornAt(pid)}`) {
      throw new MillraceError('conflict', `the streams are in use by process ${pid}`, {
        where: folder,
        todo: 'Stop that process, or reach the streams through its endpoint.',
      });
    }
    await removeStale(file, theirs);
  }
  throw new MillraceError('conflict', 'other processes keep taking the streams', { where: folder, todo: 'Try again.' });
}

/** Of two that find the same stale lock one might remove the other's new one: so it is moved aside first, looked at, and put back if it lives. */
async function removeStale(file: string, stale: string): Promise<void> {
  const aside = `${file}.${process.pid}`;
  await rename(file, aside).catch(() => undefined);
  const moved = await readlink(aside).catch(() => undefined);
  if (moved !== undefined && moved !== stale) await symlink(moved, file).catch(() => undefined);
  await unlink(aside).catch(() => undefined);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Tells a process from an earlier one of the same id, where the system says when it began (Linux: ticks since boot); else nothing. */
async function bornAt(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
