// A lock that a process has until it lets go or is gone: a symbolic link that names it.
import { mkdir, readFile, readlink, rename, symlink, unlink } from 'node:fs/promises';
import path from 'node:path';

export type Lock = { isOurs: true; unlock: () => Promise<void> } | { isOurs: false; pid: number };

/** The lock of a process that is gone is taken over. Where the disk or a permission lets no lock be made, there is none and nobody is kept out. */
export async function takeLock(file: string): Promise<Lock> {
  await mkdir(path.dirname(file), { recursive: true }).catch(() => undefined);
  const ours = `${process.pid}:${await bornAt(process.pid)}`;
  for (let tried = 0; tried < 5; tried++) {
    const failure = await symlink(ours, file).then(() => undefined, (error: NodeJS.ErrnoException) => error.code);
    if (failure === undefined) return { isOurs: true, unlock: () => unlink(file).catch(() => undefined) };
    if (failure !== 'EEXIST') break;
    const theirs = await readlink(file).catch(() => '');
    if (theirs === '') continue;
    const pid = Number(theirs.split(':')[0]);
    if (Number.isInteger(pid) && pid > 0 && isAlive(pid) && theirs === `${pid}:${await bornAt(pid)}`) return { isOurs: false, pid };
    await removeStale(file, theirs);
  }
  return { isOurs: true, unlock: () => Promise.resolve() };
}

/** Of two that find the same stale lock one might remove the other's new one: so it is moved aside first, looked at, and put back if it lives. */
async function removeStale(file: string, stale: string): Promise<void> {
  const aside = `${file}.${process.pid}`;
  await rename(file, aside).catch(() => undefined);
  const moved = await readlink(aside).catch(() => undefined);
  if (moved !== undefined && moved !== stale) await symlink(moved, file).catch(() => undefined);
  await unlink(aside).catch(() => undefined);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Tells a process from an earlier one of the same id, where the system says when it began (Linux: ticks since boot); else nothing. */
export async function bornAt(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
