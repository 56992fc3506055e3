// Turns among processes of one machine, by a symbolic link that exists while somebody has the turn; it points to their process id.
import { lstat, readlink, symlink, unlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EndTurn } from '../ports.ts';

const LONGEST_TURN_MS = 2_000;
const SHORTEST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 8;

/** Waits until nobody has the turn, and takes it. Who died in their turn, or has had it for two seconds, loses it. */
export async function takeTurn(path: string): Promise<EndTurn> {
  const giveUp = performance.now() + 2 * LONGEST_TURN_MS;
  for (let pause = SHORTEST_PAUSE_MS; performance.now() < giveUp; pause = Math.min(LONGEST_PAUSE_MS, pause * 1.5)) {
    const failure = await symlink(String(process.pid), path).then(() => undefined, (error: NodeJS.ErrnoException) => error.code);
    if (failure === undefined) return () => unlink(path).catch(() => undefined);
    if (failure !== 'EEXIST') break; // no such folder, no permission: the commit itself will say so
    if (await isForfeit(path)) await unlink(path).catch(() => undefined);
    else await sleep(pause * (0.5 + Math.random()));
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
