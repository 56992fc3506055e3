// Turns among processes of one machine, by a symbolic link that exists while somebody has the turn; it points to their process id.
import { lstat, readlink, symlink, unlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EndTurn } from '../ports.ts';

const LONGEST_TURN_MS = 2_000;
/** Pauses grow with the time waited, so that few waiters are quick and many do not crowd the disk. */
const SHORTEST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 10;
const PAUSE_PER_WAITED = 0.05;
const LOOK_AT_HOLDER_EVERY_MS = 40;

/** Waits until nobody has the turn, and takes it. Who died in their turn, or has had it for two seconds, loses it. */
export async function takeTurn(path: string): Promise<EndTurn> {
  const began = performance.now();
  let lookedAtHolder = began - LOOK_AT_HOLDER_EVERY_MS;
  for (let waited = 0; waited < 2 * LONGEST_TURN_MS; waited = performance.now() - began) {
    const failure = await symlink(String(process.pid), path).then(() => undefined, (error: NodeJS.ErrnoException) => error.code);
    if (failure === undefined) return () => unlink(path).catch(() => undefined);
    if (failure !== 'EEXIST') break; // no such folder, no permission: the commit itself will say so
    if (began + waited - lookedAtHolder >= LOOK_AT_HOLDER_EVERY_MS) {
      lookedAtHolder = began + waited;
      if (await isForfeit(path)) await unlink(path).catch(() => undefined);
    }
    await sleep(Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS + waited * PAUSE_PER_WAITED) * (0.5 + Math.random()));
  }
  return () => Promise.resolve();
}

async function isForfeit(path: string): Promise<boolean> {
  try {
    process.kill(Number(await readlink(path)), 0); // throws where there is no such process
    return Date.now() - (await lstat(path)).mtimeMs > LONGEST_TURN_MS;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
