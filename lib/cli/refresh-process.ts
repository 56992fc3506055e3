// The models of the stream, and what watches over them, in processes of their own: a run keeps a processor busy, and events must not wait for it.
import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { EXIT_CODES, MillraceError } from '../base/index.ts';
import type { RunModels, RunReport } from '../local/index.ts';
import type { Invocation } from './verb.ts';

const CLI = fileURLToPath(new URL('../../bin/millrace-cli.mjs', import.meta.url));

/** `millrace run batch --select …` on the same home, which gives way to everything else on the machine. */
export function refreshBy(place: Pick<Invocation, 'home' | 'project'>): RunModels {
  return (select, signal) => runVerb(place, ['run', 'batch', '--select', ...select], signal, (code) => (code === 0 ? 'succeeded' : code === EXIT_CODES.conflict ? 'busy' : undefined))
    .then((outcome) => (outcome === 'succeeded' ? outcome : undefined));
}

/** `millrace monitor`, likewise; what it finds is in its tables. */
export function monitorBy(place: Pick<Invocation, 'home' | 'project'>): (signal: AbortSignal) => Promise<unknown> {
  return (signal) => runVerb(place, ['monitor'], signal, (code) => (code === 0 || code === EXIT_CODES.audit_failed ? 'measured' : undefined));
}

/** Gives what `wordOf` calls the exit code; undefined where it was told to stop. @throws `audit_failed` where that has no word for it. */
function runVerb({ home, project }: Pick<Invocation, 'home' | 'project'>, verb: readonly string[], signal: AbortSignal, wordOf: (code: number | null) => string | undefined): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const [first = '', ...rest] = verb;
    const child = spawn(process.execPath, [CLI, first, ...rest, '--home', home, '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, MILLRACE_PROJECT: project },
    });
    if (child.pid !== undefined) {
      try {
        setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
      } catch {
        // It is gone already, or the system knows no priorities.
      }
    }
    let [words, report] = ['', ''];
    child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
    child.stdout.setEncoding('utf8').on('data', (text: string) => (report += text));
    const stop = (): void => void child.kill('SIGINT');
    signal.addEventListener('abort', stop, { once: true });
    child.on('error', reject);
    child.on('close', (code) => {
      signal.removeEventListener('abort', stop);
      const word = wordOf(code);
      if (word !== undefined || signal.aborted) resolve(word);
      else reject(new MillraceError('audit_failed', `millrace ${first} ended with ${code}: ${(failureIn(report) ?? words.trim()).slice(0, 300) || 'see ops.runs'}`));
    });
  });
}

/** The first model that failed, and why; undefined where the report tells of none. */
function failureIn(report: string): string | undefined {
  try {
    const { models = [] } = JSON.parse(report) as Partial<Pick<RunReport, 'models'>>;
    const failed = models.find(({ status }) => status === 'failed');
    return failed === undefined ? undefined : `${failed.model}: ${failed.reason}`;
  } catch {
    return undefined;
  }
}
