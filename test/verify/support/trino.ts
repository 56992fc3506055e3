// A Trino server for one test file.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { VERIFY_HOME } from './engines.ts';
import { freePort } from './free-port.ts';

const LONGEST_START_MS = 280_000;

export interface TrinoServer { port: number; stop(): Promise<void> }

/** Ready when it resolves; `warehouse` is where it keeps its list of tables and those that it creates itself. */
export async function startTrino(warehouse: string): Promise<TrinoServer> {
  const port = await freePort();
  const child = spawn(join(import.meta.dirname, '../../oracles/trino/start'), ['--port', String(port), '--warehouse', warehouse], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { TRINO_ORACLE_CACHE: join(VERIFY_HOME, 'trino'), TRINO_ORACLE_HEAP: '2g', ...process.env },
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines = createInterface({ input: child.stdout });
  // Less than a hook may take: one that is over cannot stop it any more.
  const giveUp = setTimeout(() => child.kill('SIGTERM'), LONGEST_START_MS);
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => line.startsWith('trino ready') && resolve());
    child.once('exit', (code) => reject(new Error(`Trino ended with ${code} before it was ready, or took more than ${LONGEST_START_MS / 1_000} s`)));
  }).finally(() => clearTimeout(giveUp));
  return {
    port,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
