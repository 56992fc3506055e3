// A Python environment for verification, with packages from PyPI, made once below `.verify/`.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = process.env['MILLRACE_VERIFY_HOME'] ?? join(import.meta.dirname, '../../../.verify');

/** The folder of an environment's programs (`python`, and what the packages bring); installs them the first time. */
export function pythonEnvironment(requirements: readonly string[]): string {
  const id = createHash('sha256').update(requirements.join('\n')).digest('hex').slice(0, 12);
  const folder = join(ROOT, `python-${id}`);
  const done = join(folder, 'installed');
  if (!existsSync(done)) {
    mkdirSync(ROOT, { recursive: true });
    execFileSync('python3', ['-m', 'venv', folder]);
    execFileSync(join(folder, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', ...requirements], { stdio: ['ignore', 'ignore', 'inherit'] });
    writeFileSync(done, requirements.join('\n'));
  }
  return join(folder, 'bin');
}
