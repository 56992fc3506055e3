// The `millrace` command: one process, one verb, one exit code.
import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram, systemTerminal, VERBS } from '../lib/cli/index.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };

const stop = new AbortController();
// Every query and task of a run listens for Ctrl-C.
setMaxListeners(0, stop.signal);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second one does not wait for a clean end; whatever is half-written is invisible, and the next run goes on.
    if (stop.signal.aborted) process.exit(130);
    stop.abort(new Error(`stopped by ${signal}`));
  });
}
// A reader that has seen enough (`| head`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 8));

process.exitCode = await runProgram(process.argv.slice(2), VERBS, {
  project: process.env['MILLRACE_PROJECT'] ?? root,
  version,
  terminal: systemTerminal(),
  environment: process.env,
  signal: stop.signal,
});
