// Preloaded into a `millrace` process: counts what it changes under a folder, and sends it a signal before the nth change; SIGKILL, where the
// change is the writing of a file, half-way through. Or sends the signal so many milliseconds after the program began to listen for it.
// Says on standard error what it was about to do; at a peaceful end, how many changes there were.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';

const root = process.env['MILLRACE_FAULT_ROOT'];
const killAt = Number(process.env['MILLRACE_FAULT_AT'] ?? 0);
const signal = process.env['MILLRACE_FAULT_SIGNAL'] ?? 'SIGKILL';
const delay = process.env['MILLRACE_FAULT_DELAY'];
let changes = 0;

function concerns(target) {
  const text = target instanceof URL ? target.pathname : String(target);
  return path.resolve(text).startsWith(root);
}

/** Dies here if it is time; `first` is done before that. */
function tick(operation, target, first) {
  changes += 1;
  if (changes !== killAt) return;
  if (signal === 'SIGKILL') first?.();
  fs.writeSync(2, `${signal} at change ${changes}: ${operation} ${path.relative(root, path.resolve(String(target)))}\n`);
  process.kill(process.pid, signal);
}

const isWriting = (flags) => (typeof flags === 'number' ? (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) !== 0 : /[wa+]/.test(String(flags ?? 'r')));
/** Which of its arguments a function changes. */
const CHANGES = { writeFile: 0, appendFile: 0, rename: 1, link: 1, symlink: 1, unlink: 0, mkdir: 0, rm: 0, rmdir: 0, truncate: 0, copyFile: 1 };

function watch(owner, suffix) {
  for (const [name, position] of Object.entries(CHANGES)) {
    const original = owner[name + suffix];
    owner[name + suffix] = function watched(...args) {
      if (concerns(args[position])) tick(name, args[position]);
      return original.apply(this, args);
    };
  }
  const open = owner[`open${suffix}`];
  owner[`open${suffix}`] = function watched(...args) {
    const counts = isWriting(args[1]) && concerns(args[0]);
    if (counts) tick('open', args[0]);
    const result = open.apply(this, args);
    if (!counts || typeof result?.then !== 'function') return result;
    return result.then((handle) => watchHandle(handle, args[0]));
  };
}

function watchHandle(handle, target) {
  for (const name of ['writeFile', 'write', 'sync']) {
    const original = handle[name];
    handle[name] = function watched(...args) {
      const half = () => {
        if (name === 'sync') return;
        const bytes = Buffer.from(args[0]);
        fs.writeSync(handle.fd, bytes, 0, Math.floor(bytes.length / 2));
      };
      tick(name === 'sync' ? 'sync' : 'half of a write', target, half);
      return original.apply(this, args);
    };
  }
  return handle;
}

// Threads (the TypeScript loader) change nothing of the home.
if (root !== undefined && isMainThread) {
  watch(fs, '');
  watch(fs, 'Sync');
  watch(fs.promises, '');
  syncBuiltinESMExports();
  if (delay !== undefined) {
    process.on('newListener', (event) => {
      if (event === signal) setTimeout(() => process.kill(process.pid, signal), Number(delay)).unref();
    });
  }
  process.on('exit', () => fs.writeSync(2, `changes under the home: ${changes}\n`));
}
