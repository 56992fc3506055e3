// Waiting for new files: the file system's own notices, and a listing now and then for those that it does not give.
import { watch as watchFolder } from 'node:fs';
import { stat } from 'node:fs/promises';
import { MillraceError, type Clock } from '../../base/index.ts';

export interface WatchOptions {
  folder: string;
  clock: Clock;
  signal: AbortSignal;
  /** A listing is due at the latest after so long. Network folders and full notice queues tell nothing. */
  everyMilliseconds?: number;
}

/** Yields when it is worth listing the folder (at once the first time), until the signal aborts. */
export async function* changes({ folder, clock, signal, everyMilliseconds = 5_000 }: WatchOptions): AsyncGenerator<void, void, undefined> {
  if (!(await stat(folder).catch(() => undefined))?.isDirectory()) throw new MillraceError('not_found', 'there is no such folder to watch', { where: folder, todo: 'Make it first.' });
  let wake = (): void => {};
  let changed = false;
  const notice = (): void => {
    changed = true;
    wake();
  };
  const watcher = watchFolder(folder, { recursive: true, persistent: false }, notice);
  // The listing goes on without notices.
  watcher.on('error', () => watcher.close());
  try {
    while (!signal.aborted) {
      changed = false;
      yield;
      if (signal.aborted) return;
      if (changed) {
        // A file that is being written gives many notices: take them together.
        await clock.sleep(100, signal).catch(() => {});
        continue;
      }
      const noticed = new Promise<void>((resolve) => { wake = resolve; });
      const pause = new AbortController();
      const slept = clock.sleep(everyMilliseconds, AbortSignal.any([signal, pause.signal])).catch(() => {});
      await Promise.race([noticed, slept]);
      pause.abort();
    }
  } finally {
    watcher.close();
  }
}
