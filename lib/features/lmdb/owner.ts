// One process writes a home's online store at a time; others may read it.
import { readFile, readlink, symlink, unlink } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError } from '../../base/index.ts';

/**
 * Takes the ownership, a symbolic link that names the process; gives how to let it go. What a process that is gone left is taken over.
 *
 * Throws `conflict` naming the process that has it.
 */
export async function takeOwnership(folder: string): Promise<() => Promise<void>> {
  const link = path.join(folder, 'owner.lock');
  const ours = `${process.pid}:${await bornAt(process.pid)}:${counter++}`;
  for (let tried = 0; tried < 3; tried++) {
    const failure = await symlink(ours, link).then(() => undefined, (error: NodeJS.ErrnoException) => error);
    if (failure === undefined) return () => unlink(link).catch(() => undefined);
    if (failure.code !== 'EEXIST') throw new MillraceError('io', `the online store cannot be locked: ${failure.message}`, { where: folder, todo: 'See that the folder can be written.', cause: failure });
    const theirs = await readlink(link).catch(() => '');
    const pid = Number(theirs.split(':')[0]);
    if (Number.isInteger(pid) && pid > 0 && isAlive(pid) && theirs.startsWith(`${pid}:${await bornAt(pid)}:`)) {
      throw new MillraceError('conflict', `process ${pid} writes the online store`, { where: folder, todo: `Stop it first (millrace status tells what it serves), then try again.` });
    }
    await unlink(link).catch(() => undefined);
  }
  throw new MillraceError('conflict', 'others keep taking the online store', { where: folder, todo: 'Try again.' });
}

let counter = 0;

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
