// A lock that spares work: where the disk or a permission lets none be made, nobody is kept out.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { takeProcessLock } from '../base/index.ts';

export type Lock = { isOurs: true; unlock: () => Promise<void> } | { isOurs: false; pid: number };

/** The lock of a process that is gone is taken over. */
export async function takeLock(file: string): Promise<Lock> {
  await mkdir(path.dirname(file), { recursive: true }).catch(() => undefined);
  const lock = await takeProcessLock(file);
  if (lock.state === 'held') return { isOurs: false, pid: lock.pid };
  return { isOurs: true, unlock: lock.state === 'taken' ? lock.unlock : () => Promise.resolve() };
}
