// The whole AWS to rehearse against: S3, Glue, Kinesis and DynamoDB, and an Athena API whose SQL a Trino executes. See test/oracles/aws/README.md.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface AwsRehearsal {
  region: string;
  endpoints: { s3: string; glue: string; athena: string; kinesis: string; dynamodb: string };
  credentials: { accessKeyId: string; secretAccessKey: string };
  stop(): Promise<void>;
}

/** Starts all parts on four free ports in a row. Downloads what it needs at the first time. */
export async function startAwsRehearsal(): Promise<AwsRehearsal> {
  const start = join(import.meta.dirname, '../../oracles/aws/start');
  const stack = spawn(start, ['--port', String(await freePorts(4))], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => stack.once('exit', () => resolve()));
  const ready = await new Promise<AwsRehearsal['endpoints'] & { region: string }>((resolve, reject) => {
    // Whole lines only: a piece of the JSON is none.
    createInterface({ input: stack.stdout }).on('line', (line) => {
      if (line.startsWith('{')) resolve(JSON.parse(line) as AwsRehearsal['endpoints'] & { region: string });
    });
    stack.once('exit', (code) => reject(new Error(`the AWS rehearsal ended with ${code}`)));
  });
  return {
    region: ready.region,
    endpoints: { s3: ready.s3, glue: ready.glue, athena: ready.athena, kinesis: ready.kinesis, dynamodb: ready.dynamodb },
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    stop: async () => {
      stack.kill('SIGTERM');
      await ended;
    },
  };
}

/** The first of some ports in a row on which nobody listens. */
async function freePorts(count: number): Promise<number> {
  for (let first = 20_000 + Math.floor(Math.random() * 10_000); ; first += count) {
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)));
    if (free.every(Boolean)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false)).listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
