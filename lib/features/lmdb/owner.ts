// One process writes a home's online store at a time; others may read it.
import path from 'node:path';
import { MillraceError, messageOf, takeProcessLock } from '../../base/index.ts';

/**
 * Takes the ownership; gives how to let it go. What a process that is gone left is taken over.
 *
 * Throws `conflict` naming the process that has it.
 */
export async function takeOwnership(folder: string): Promise<() => Promise<void>> {
  const lock = await takeProcessLock(path.join(folder, 'owner.lock'));
  if (lock.state === 'taken') return lock.unlock;
  if (lock.state === 'held') {
    throw new MillraceError('conflict', `process ${lock.pid} writes the online store`, { where: folder, todo: 'Stop it first (millrace status tells what it serves), then try again.' });
  }
  if (lock.cause === undefined) throw new MillraceError('conflict', 'others keep taking the online store', { where: folder, todo: 'Try again.' });
  throw new MillraceError('io', `the online store cannot be locked: ${messageOf(lock.cause)}`, { where: folder, todo: 'See that the folder can be written.', cause: lock.cause });
}
