// A bundle as Lambda runs it: a bare Node process, in the bundle's own folder, with the environment that Lambda gives and nothing else.
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';

export interface LambdaOptions {
  /** Folder with `index.mjs`, outside of any checkout. */
  folder: string;
  name: string;
  /** Stands for the function's own /tmp. */
  temporary: string;
  environment: Readonly<Record<string, string>>;
  /** Default: the Node that runs this. */
  node?: string;
  memoryMb?: number;
}

export type Answer = { result: unknown } | { errorType: string; errorMessage: string };

export interface LambdaProcess {
  invoke(event: unknown): Promise<Answer>;
  stop(): Promise<void>;
}

/** Loads the handler, then answers events; what the function itself prints is passed over. */
const RUNTIME = `
const { handler } = await import(new URL('file://' + process.env.LAMBDA_TASK_ROOT + '/index.mjs'));
const { createInterface } = await import('node:readline');
const say = (message) => process.stdout.write('\\u0001' + JSON.stringify(message) + '\\n');
say({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const { id, event } = JSON.parse(line);
  Promise.resolve().then(() => handler(event)).then(
    (result) => say({ id, answer: { result: result ?? null } }),
    (error) => say({ id, answer: { errorType: error.name, errorMessage: error.message } }));
}`;

/** Resolves when the bundle is loaded; rejects with what Node said where it cannot be. */
export async function startLambda({ folder, name, temporary, environment, node = process.execPath, memoryMb = 1024 }: LambdaOptions): Promise<LambdaProcess> {
  await mkdir(temporary, { recursive: true });
  const child = spawn(node, ['--input-type=module', '--eval', RUNTIME], {
    cwd: folder,
    env: {
      LANG: 'en_US.UTF-8', TZ: ':UTC', TMPDIR: temporary, LAMBDA_TASK_ROOT: folder, AWS_LAMBDA_FUNCTION_NAME: name, AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x', ...environment,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => { said = (said + chunk.toString()).slice(-4000); });
  const waiting = new Map<number, (answer: Answer) => void>();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('\u0001')) return;
      const { ready, id, answer } = JSON.parse(line.slice(1)) as { ready?: true; id?: number; answer?: Answer };
      if (ready) resolve();
      else if (id !== undefined && answer !== undefined) waiting.get(id)?.(answer);
    });
    child.once('exit', (code) => {
      reject(new Error(`${name} ended with ${code}: ${said}`));
      for (const answer of waiting.values()) answer({ errorType: 'Runtime.ExitError', errorMessage: said });
    });
  });
  let calls = 0;
  return {
    invoke: async (event) => new Promise((resolve) => {
      const id = ++calls;
      waiting.set(id, (answer) => {
        waiting.delete(id);
        resolve(answer);
      });
      child.stdin.write(`${JSON.stringify({ id, event })}\n`);
    }),
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}
