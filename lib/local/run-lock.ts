// One run of a workflow at a time, a home: two would compute the same models and refuse each other's commits. It spares work and waits; that
// no row is lost or doubled is the lake's doing, so a lock that cannot be had for another reason stops nobody.
import path from 'node:path';
import { MillraceError } from '../base/index.ts';
import { takeLock } from './lock.ts';

/**
 * Takes the lock; gives how to let it go. The lock of a process that is gone is taken over.
 * @throws MillraceError `conflict` where a run is at work.
 */
export async function lockRuns(root: string): Promise<() => Promise<void>> {
  const lock = await takeLock(path.join(root, 'run.lock'));
  if (lock.isOurs) return lock.unlock;
  throw new MillraceError('conflict', `another run is at work on this home (process ${lock.pid})`, { where: root, todo: 'Wait until it has ended; then run it again, which does what is left.' });
}
