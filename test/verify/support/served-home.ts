// A home of the sample shop with a trained model and online features, and its API served by processes of their own.
import { spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT } from '../../faults/support/cli.ts';

const CLI = join(PROJECT, 'bin/millrace-cli.mjs');
const READY_MS = 90_000;

export interface Ran { code: number | null; out: string; err: string }

/** One verb, to its end. */
export async function verb(home: string, ...args: string[]): Promise<Ran> {
  const running = run([...args, '--home', home]);
  await running.ended;
  return { code: running.child.exitCode, out: running.out(), err: running.err() };
}

/** The same, which has to succeed; gives what it printed. */
export async function succeed(home: string, ...args: string[]): Promise<string> {
  const { code, out, err } = await verb(home, ...args);
  if (code !== 0) throw new Error(`millrace ${args.join(' ')} ended with ${code}:\n${out}${err}`);
  return out;
}

export interface Running { child: ChildProcess; out(): string; err(): string; ended: Promise<void>; stop(signal?: NodeJS.Signals): Promise<void> }

/** A verb that stays up. */
export function run(args: readonly string[], { under = [] }: { under?: readonly string[] } = {}): Running {
  const [program = '', ...rest] = [...under, process.execPath, CLI, ...args];
  const child = spawn(program, rest, { cwd: PROJECT, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, CI: 'true' } });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    child, ended, out: () => out, err: () => err,
    async stop(signal = 'SIGINT') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await ended;
    },
  };
}

export interface Served extends Running {
  url: string;
  key: string;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<{ status: number; body: Record<string, unknown>; milliseconds: number }>;
  get(path: string): Promise<{ status: number; body: Record<string, unknown> }>;
}

/** `millrace serve`, once it listens. */
export async function serve(home: string): Promise<Served> {
  const running = run(['serve', '--port', '0', '--home', home, '--json']);
  const started = Date.now();
  while (!running.out().includes('\n')) {
    if (running.child.exitCode !== null || Date.now() - started > READY_MS) throw new Error(`the API does not start: ${running.out()}${running.err()}`);
    await pause(50);
  }
  const { url, key } = JSON.parse(running.out().split('\n')[0]!) as { url: string; key: string };
  const ask = async (path: string, init: RequestInit) => {
    const began = performance.now();
    // Whoever waits longer than this hangs.
    const response = await fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(15_000) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown>, milliseconds: performance.now() - began };
  };
  return {
    ...running, url, key,
    post: (path, body, headers = {}) => ask(path, { method: 'POST', headers: { 'x-api-key': key, 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }),
    get: (path) => ask(path, { headers: { 'x-api-key': key } }),
  };
}

export interface SampleHome { root: string; copy(): Promise<string>; remove(): Promise<void> }

/** The whole sample, `conversion` trained, online features filled. About a minute. */
export async function trainedHome(): Promise<SampleHome> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-served-'));
  const root = join(folder, 'home');
  await succeed(root, 'start', '--once');
  await succeed(root, 'train', 'conversion');
  await succeed(root, 'features', 'backfill');
  let copies = 0;
  return {
    root,
    async copy() {
      const to = join(folder, `copy-${(copies += 1)}`);
      await cp(root, to, { recursive: true, verbatimSymlinks: true });
      await succeed(to, 'doctor', '--relocate');
      return to;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Rows of a query; undefined where it cannot be answered, as while its table is not there. */
export async function rowsOf<Row>(home: string, sql: string): Promise<Row[] | undefined> {
  const { code, out } = await verb(home, 'query', sql, '--json');
  return code === 0 ? (JSON.parse(out) as Row[]) : undefined;
}

/** Visitors and items of the sample that have met. */
export async function pairs(home: string, most: number): Promise<{ visitorid: string; itemid: string }[]> {
  return await rowsOf(home, `SELECT visitorid, itemid FROM silver.events WHERE itemid IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2 LIMIT ${most}`) ?? [];
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** Waits until a verb that stays up has said what it says once it is ready. @throws after a minute, or as soon as it has ended. */
export async function untilReady(what: string, running: Running, says: string): Promise<void> {
  await until(what, () => {
    if (running.child.exitCode !== null) throw new Error(`${what}: it ended with ${running.child.exitCode}:\n${running.out()}${running.err()}`);
    return running.out().includes(says);
  });
}

/** Waits until something holds. @throws after so many seconds. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, seconds = 60): Promise<void> {
  for (const started = Date.now(); !(await holds()); await pause(100)) {
    if (Date.now() - started > seconds * 1000) throw new Error(`${what}: not within ${seconds} s`);
  }
}
