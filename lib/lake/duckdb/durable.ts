// Makes files that another program wrote survive a loss of power.
import { open } from 'node:fs/promises';
import { MillraceError, messageOf } from '../../base/index.ts';

const AT_ONCE = 8;

/** Flushes files to the disk, and then their folder, so that their names last too. */
export async function syncFiles(paths: readonly string[], folder: string): Promise<void> {
  const waiting = [...paths];
  const work = async (): Promise<void> => {
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) await sync(path);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, paths.length) }, work));
  if (paths.length > 0) await sync(folder);
}

async function sync(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new MillraceError('io', `cannot be made durable: ${messageOf(cause)}`, { where: path, cause });
  }
}
