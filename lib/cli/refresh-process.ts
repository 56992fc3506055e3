// The models of the stream in a process of their own: a run keeps a processor busy, and events must not wait for it.
import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { EXIT_CODES, MillraceError } from '../base/index.ts';
import type { RunModels } from '../local/index.ts';
import type { Invocation } from './verb.ts';

const CLI = fileURLToPath(new URL('../../bin/millrace-cli.mjs', import.meta.url));

/** `millrace run batch --select …` on the same home, which gives way to everything else on the machine. */
export function refreshBy({ home, project }: Pick<Invocation, 'home' | 'project'>): RunModels {
  return (select, signal) => new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, 'run', 'batch', '--home', home, '--json', '--select', ...select], {
      stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, MILLRACE_PROJECT: project },
    });
    if (child.pid !== undefined) {
      try {
        setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
      } catch {
        // It is gone already, or the system knows no priorities.
      }
    }
    let words = '';
    child.stderr.on('data', (text: Buffer) => (words += text.toString()));
    const stop = (): void => void child.kill('SIGINT');
    signal.addEventListener('abort', stop, { once: true });
    child.on('error', reject);
    child.on('close', (code) => {
      signal.removeEventListener('abort', stop);
      if (code === 0) resolve('succeeded');
      else if (code === EXIT_CODES.conflict || signal.aborted) resolve(undefined);
      else reject(new MillraceError('audit_failed', `the models' run ended with ${code}: ${words.trim().slice(0, 300) || 'see ops.runs'}`));
    });
  });
}
