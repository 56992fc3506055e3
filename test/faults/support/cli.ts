// The real command line as a child process: run to its end, killed at a change or at a moment, interrupted, or starved.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export const PROJECT = path.resolve(import.meta.dirname, '../../..');
const CLI = path.join(PROJECT, 'bin/millrace-cli.mjs');
const HOOK = pathToFileURL(path.join(import.meta.dirname, 'kill-at.mjs')).href;

export interface CliOptions {
  home: string;
  /** Dies by SIGKILL before the nth change that it makes under its home. */
  killAtChange?: number;
  /** A signal after so many milliseconds. */
  signal?: { name: 'SIGKILL' | 'SIGINT'; after: number };
  /** A signal as soon as the home shows that the verb is at work. */
  signalWhen?: { name: 'SIGINT'; ready: () => boolean };
  /** What runs the command in its place: `prlimit …`, `setpriv …`. */
  under?: readonly string[];
  environment?: Readonly<Record<string, string>>;
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
  milliseconds: number;
  /** Changes that it made under its home, where it came to its end. */
  changes?: number;
  /** What it was about to do when it was killed at a change: `link lake/bronze/orders/metadata/v2.metadata.json`. */
  killedAt?: string;
}

/** Runs one verb. Never throws for what the verb does. */
export function millrace(verb: readonly string[], { home, killAtChange, signal, signalWhen, under = [], environment = {} }: CliOptions): Promise<Ended> {
  const started = performance.now();
  const [program = '', ...args] = [...under, process.execPath, '--import', HOOK, CLI, ...verb, '--home', home];
  const child = spawn(program, args, {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CI: 'true', MILLRACE_FAULT_ROOT: home, ...(killAtChange === undefined ? {} : { MILLRACE_FAULT_AT: String(killAtChange) }), ...environment },
  });
  const timer = signal === undefined ? undefined : setTimeout(() => child.kill(signal.name), signal.after);
  const poll = signalWhen === undefined ? undefined : setInterval(() => {
    if (!signalWhen.ready()) return;
    clearInterval(poll);
    child.kill(signalWhen.name);
  }, 10);
  let out = '';
  let err = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, by) => {
      clearTimeout(timer);
      clearInterval(poll);
      const killedAt = /^killed at change \d+: (.*)$/m.exec(err)?.[1];
      const changes = /^changes under the home: (\d+)$/m.exec(err)?.[1];
      resolve({
        code, signal: by, out, err: err.replaceAll(/^changes under the home: \d+\n/gm, ''), milliseconds: performance.now() - started,
        ...(changes === undefined ? {} : { changes: Number(changes) }), ...(killedAt === undefined ? {} : { killedAt }),
      });
    });
  });
}
