// One run of a workflow at a time, a home: two would compute the same models and refuse each other's commits. It spares work and waits; that
// no row is lost or doubled is the lake's doing, so a lock that cannot be had for another reason stops nobody.
import { readFile, readlink, symlink, unlink } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError } from '../base/index.ts';

/**
 * Takes the lock, a symbolic link that names its process; gives how to let it go. The lock of a process that is gone is taken over.
 * @throws MillraceError `conflict` where a run is at work.
 */
export async function lockRuns(root: string): Promise<() => Promise<void>> {
  const file = path.join(root, 'run.lock');
  const ours = `${process.pid}:${await bornAt(process.pid)}`;
  for (let tried = 0; tried < 3; tried++) {
    const failure = await symlink(ours, file).then(() => undefined, (error: NodeJS.ErrnoException) => error.code);
    if (failure === undefined) return () => unlink(file).catch(() => undefined);
    if (failure !== 'EEXIST') break; // no room, no permission: the run itself will say so
    const theirs = await readlink(file).catch(() => '');
    const pid = Number(theirs.split(':')[0]);
    if (Number.isInteger(pid) && pid > 0 && isAlive(pid) && theirs === `${pid}:${await bornAt(pid)}`) {
      throw new MillraceError('conflict', `another run is at work on this home (process ${pid})`, { where: root, todo: 'Wait until it has ended; then run it again, which does what is left.' });
    }
    await unlink(file).catch(() => undefined);
  }
  return () => Promise.resolve();
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
