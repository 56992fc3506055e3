// A Trino server for one test file.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { VERIFY_HOME } from './engines.ts';
import { freePort } from './free-port.ts';

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
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => line.startsWith('trino ready') && resolve());
    child.once('exit', (code) => reject(new Error(`Trino ended with ${code}`)));
  });
  return {
    port,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
