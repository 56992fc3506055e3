// Temporary files: no two of one name, in one process or in several, and none left for long by a process that was killed.
import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isProcessAlive } from '../../base/index.ts';

const NAME = /^[a-z]+-(\d+)-[0-9a-f]{12}$/;

export function temporaryPath(folder: string, kind: string): string {
  return join(folder, `${kind}-${process.pid}-${randomBytes(6).toString('hex')}`);
}

/** Removes what processes that are no more left behind: they may hold personal data, in clear. */
export async function sweepTemporary(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const isOrphan = (name: string): boolean => {
    const pid = NAME.exec(name)?.[1];
    return pid !== undefined && !isProcessAlive(Number(pid));
  };
  await Promise.all(names.filter(isOrphan).map((name) => rm(join(folder, name), { force: true })));
}
