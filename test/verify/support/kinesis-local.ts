// kinesis-local, a Kinesis that others wrote, in a process of its own and on loopback only.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

const KINESIS_LOCAL = 'kinesis-local@0.6.2';
const VERIFY_HOME = process.env['MILLRACE_VERIFY_HOME'] ?? join(import.meta.dirname, '../../../.verify');

/** It listens on all interfaces of its own accord: this makes every listener of the process one of loopback. */
const ON_LOOPBACK = `import { Server } from 'node:net';
const listen = Server.prototype.listen;
Server.prototype.listen = function (...args) {
  const callback = args.findLast((one) => typeof one === 'function');
  const port = typeof args[0] === 'object' ? args[0].port : args[0];
  return listen.call(this, { port: Number(port), host: '127.0.0.1' }, callback);
};
`;

export interface KinesisLocal {
  url: string;
  /** Makes a stream and waits until it can be written to. */
  createStream(name: string, shards: number): Promise<void>;
  stop(): Promise<void>;
}

/** The folder that has it; installs it the first time. */
export function kinesisLocalFolder(): string {
  const folder = join(VERIFY_HOME, 'kinesis-local');
  if (!existsSync(join(folder, 'installed'))) {
    mkdirSync(folder, { recursive: true });
    execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder, KINESIS_LOCAL], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    writeFileSync(join(folder, 'on-loopback.mjs'), ON_LOOPBACK);
    writeFileSync(join(folder, 'installed'), KINESIS_LOCAL);
  }
  return folder;
}

/** Starts it with shard limits as large as it takes them: what is compared is not its throttling. */
export async function kinesisLocal(): Promise<KinesisLocal> {
  const folder = kinesisLocalFolder();
  const [port, tlsPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, ['--import', join(folder, 'on-loopback.mjs'), 'main.js'], {
    cwd: join(folder, 'node_modules/kinesis-local'),
    stdio: ['ignore', 'ignore', 'ignore'],
    env: {
      ...process.env,
      KINESIS_MOCK_PLAIN_PORT: String(port),
      KINESIS_MOCK_TLS_PORT: String(tlsPort),
      LOG_LEVEL: 'ERROR',
      SHARD_LIMIT: '500',
      CREATE_STREAM_DURATION: '10ms',
      DELETE_STREAM_DURATION: '10ms',
      UPDATE_STREAM_DURATION: '10ms',
      SPLIT_SHARD_DURATION: '10ms',
      MERGE_SHARDS_DURATION: '10ms',
      UPDATE_SHARD_COUNT_DURATION: '10ms',
    },
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const call = (operation: string, input: object) =>
    fetch(url, {
      method: 'POST',
      body: JSON.stringify(input),
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `Kinesis_20131202.${operation}`,
        'x-amz-date': '20260101T000000Z',
        authorization: 'AWS4-HMAC-SHA256 Credential=verify/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=verify',
      },
    });
  const until = async (isThere: () => Promise<boolean>) => {
    for (const end = Date.now() + 60_000; ;) {
      if (await isThere().catch(() => false)) return;
      if (Date.now() > end) throw new Error('kinesis-local does not answer');
      await new Promise((resolve) => {
        setTimeout(resolve, 100);
      });
    }
  };
  await until(async () => (await call('ListStreams', {})).ok);
  return {
    url,
    async createStream(name, shards) {
      await call('CreateStream', { StreamName: name, ShardCount: shards });
      await until(async () => (await (await call('DescribeStreamSummary', { StreamName: name })).text()).includes('ACTIVE'));
    },
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
