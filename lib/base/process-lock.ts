// A lock that a process has until it lets go or is gone: a symbolic link that names it.
import { readFile, readlink, rename, symlink, unlink } from 'node:fs/promises';

export type ProcessLock =
  | { state: 'taken'; unlock: () => Promise<void> }
  /** By a process that lives: another, or this one before. */
  | { state: 'held'; pid: number }
  /** The link cannot be made; without a cause: others keep taking it. */
  | { state: 'failed'; cause?: NodeJS.ErrnoException };

const MOST_TRIES = 5;

/** The lock of a process that is gone is taken over. */
export async function takeProcessLock(file: string): Promise<ProcessLock> {
  const ours = `${process.pid}:${await processBornAt(process.pid)}`;
  for (let tried = 0; tried < MOST_TRIES; tried++) {
    const failure = await symlink(ours, file).then(() => undefined, (error: NodeJS.ErrnoException) => error);
    if (failure === undefined) return { state: 'taken', unlock: () => unlink(file).catch(() => undefined) };
    if (failure.code !== 'EEXIST') return { state: 'failed', cause: failure };
    const theirs = await readlink(file).catch(() => '');
    if (theirs === '') continue;
    const pid = Number(theirs.split(':')[0]);
    if (Number.isInteger(pid) && pid > 0 && isProcessAlive(pid) && theirs === `${pid}:${await processBornAt(pid)}`) return { state: 'held', pid };
    await removeStale(file, theirs);
  }
  return { state: 'failed' };
}

/** Of two that find the same stale lock one might remove the other's new one: so it is moved aside first, looked at, and put back if it lives. */
async function removeStale(file: string, stale: string): Promise<void> {
  const aside = `${file}.${process.pid}`;
  await rename(file, aside).catch(() => undefined);
  const moved = await readlink(aside).catch(() => undefined);
  if (moved !== undefined && moved !== stale) await symlink(moved, file).catch(() => undefined);
  await unlink(aside).catch(() => undefined);
}

export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It exists, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Tells a process from an earlier one of the same id, where the system says when it began (Linux: ticks since boot); else nothing. */
export async function processBornAt(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
