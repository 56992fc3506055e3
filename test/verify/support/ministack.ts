// S3 and Glue served by ministack (PyPI), on loopback, in memory. Its Glue refuses a stale version id, which others do not.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonEnvironment } from './python.ts';

export const MINISTACK = 'ministack==1.5.33';
const REGION = 'eu-central-1';

export interface AwsServer {
  /** For AWS clients: endpoint, region, credentials. */
  config: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };
  stop(): Promise<void>;
}

export async function startMinistack(): Promise<AwsServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'millrace-ministack-'));
  const server = spawn(join(pythonEnvironment([MINISTACK]), 'ministack'), [], {
    cwd: folder,
    env: { ...process.env, BIND_HOST: '127.0.0.1', GATEWAY_PORT: String(port), MINISTACK_REGION: REGION, LOG_LEVEL: 'WARNING' },
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  await listening(port, server);
  return {
    config: { endpoint: `http://127.0.0.1:${port}`, region: REGION, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } },
    stop: async () => {
      server.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function listening(port: number, server: ReturnType<typeof spawn>): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (server.exitCode !== null) throw new Error(`ministack ended with ${server.exitCode}`);
    const answered = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1').once('connect', () => {
        socket.destroy();
        resolve(true);
      }).once('error', () => resolve(false));
    });
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('ministack did not start within a minute');
}
