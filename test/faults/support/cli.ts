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
  /** Dies by SIGKILL after so many milliseconds. */
  killAfter?: number;
  /** Ctrl-C: before the nth change that it makes under its home, or so many milliseconds after it began to listen for it. */
  interrupt?: { atChange: number } | { after: number };
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
export function millrace(verb: readonly string[], { home, killAtChange, killAfter, interrupt, under = [], environment = {} }: CliOptions): Promise<Ended> {
  const started = performance.now();
  const [program = '', ...args] = [...under, process.execPath, '--import', HOOK, CLI, ...verb, '--home', home];
  const child = spawn(program, args, {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CI: 'true', MILLRACE_FAULT_ROOT: home, ...(killAtChange === undefined ? {} : { MILLRACE_FAULT_AT: String(killAtChange) }), ...interruption(interrupt), ...environment },
  });
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
  let out = '';
  let err = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, by) => {
      clearTimeout(timer);
      const killedAt = /^SIGKILL at change \d+: (.*)$/m.exec(err)?.[1];
      const changes = /^changes under the home: (\d+)$/m.exec(err)?.[1];
      resolve({
        code, signal: by, out, err: err.replaceAll(/^(changes under the home: \d+|SIG\w+ at change .*)\n/gm, ''), milliseconds: performance.now() - started,
        ...(changes === undefined ? {} : { changes: Number(changes) }), ...(killedAt === undefined ? {} : { killedAt }),
      });
    });
  });
}

function interruption(interrupt: CliOptions['interrupt']): Record<string, string> {
  if (interrupt === undefined) return {};
  return { MILLRACE_FAULT_SIGNAL: 'SIGINT', ...('after' in interrupt ? { MILLRACE_FAULT_DELAY: String(interrupt.after) } : { MILLRACE_FAULT_AT: String(interrupt.atChange) }) };
}
