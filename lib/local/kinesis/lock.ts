// One process owns the streams of a home: two would write over each other's records.
import path from 'node:path';
import { MillraceError, messageOf, takeProcessLock } from '../../base/index.ts';

/**
 * Takes the lock; gives how to let it go. The lock of a process that is gone is taken over.
 * @throws MillraceError `conflict` where another process has it, or this one already, `io` where the folder does not let itself be locked.
 */
export async function lockStreams(folder: string): Promise<() => Promise<void>> {
  const lock = await takeProcessLock(path.join(folder, '.lock'));
  if (lock.state === 'taken') return lock.unlock;
  if (lock.state === 'held') {
    throw new MillraceError('conflict', `the streams are in use by process ${lock.pid}`, { where: folder, todo: 'Stop that process, or reach the streams through its endpoint.' });
  }
  if (lock.cause === undefined) throw new MillraceError('conflict', 'other processes keep taking the streams', { where: folder, todo: 'Try again.' });
  throw new MillraceError('io', `the streams cannot be locked: ${messageOf(lock.cause)}`, { where: folder, todo: 'Make room, or give this user the right to write there.', cause: lock.cause });
}
