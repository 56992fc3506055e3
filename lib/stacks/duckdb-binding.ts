// DuckDB's binding for the machine that Lambda runs on (Linux, x64, glibc), whatever machine deploys: from node_modules where this is such a
// machine, else from npm's cache, where one install with a network has put it.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { MillraceError } from '../base/index.ts';

export interface LinuxBinding { version: string; files: string[] }

const PACKAGE = '@duckdb/node-bindings-linux-x64';
const FILES = ['duckdb.node', 'libduckdb.so'];
const run = promisify(execFile);

/**
 * The two files of the version that package-lock.json names, checked by its integrity where they do not come from node_modules.
 * @throws MillraceError `not_found` where neither node_modules nor npm's cache has them, with the command that fetches them.
 */
export async function linuxBinding(root: string): Promise<LinuxBinding> {
  const { version, integrity } = await locked(root);
  const installed = path.join(root, 'node_modules', PACKAGE);
  if (await holds(installed, version)) return { version, files: FILES.map((file) => path.join(installed, file)) };
  const kept = path.join(root, 'dist', 'duckdb', `${version}-${createHash('sha256').update(integrity).digest('hex').slice(0, 12)}`);
  if (!(await holds(kept, version))) await fromNpmCache(kept, version, integrity);
  return { version, files: FILES.map((file) => path.join(kept, file)) };
}

async function locked(root: string): Promise<{ version: string; integrity: string }> {
  const where = path.join(root, 'package-lock.json');
  const { packages } = JSON.parse(await readFile(where, 'utf8')) as { packages: Record<string, { version: string; integrity: string } | undefined> };
  const found = packages[`node_modules/${PACKAGE}`];
  if (found === undefined) throw new MillraceError('not_found', `the lock file does not name ${PACKAGE}`, { where, todo: 'Run `npm install @duckdb/node-api`.' });
  return found;
}

async function holds(folder: string, version: string): Promise<boolean> {
  try {
    const installed = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as { version: string };
    for (const file of FILES) await access(path.join(folder, file));
    return installed.version === version;
  } catch {
    return false;
  }
}

/** `npm ci` of a project that has just this package, without a network; whole in the folder afterwards, or not there. */
async function fromNpmCache(folder: string, version: string, integrity: string): Promise<void> {
  const project = await mkdtemp(path.join(tmpdir(), 'millrace-duckdb-'));
  try {
    const wanted = { [PACKAGE]: version };
    await writeFile(path.join(project, 'package.json'), JSON.stringify({ name: 'binding', version: '1.0.0', dependencies: wanted }));
    await writeFile(path.join(project, 'package-lock.json'), JSON.stringify({
      name: 'binding', version: '1.0.0', lockfileVersion: 3, requires: true,
      packages: { '': { name: 'binding', version: '1.0.0', dependencies: wanted }, [`node_modules/${PACKAGE}`]: { version, integrity, os: ['linux'], cpu: ['x64'], libc: ['glibc'] } },
    }));
    await run('npm', ['ci', '--os=linux', '--cpu=x64', '--libc=glibc', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: project, shell: process.platform === 'win32' });
    await mkdir(path.dirname(folder), { recursive: true });
    await rm(folder, { recursive: true, force: true });
    await rename(path.join(project, 'node_modules', PACKAGE), folder);
  } catch (cause) {
    throw new MillraceError('not_found', `DuckDB's binding for Lambda (${PACKAGE} ${version}) is neither in node_modules nor in npm's cache`, {
      where: project, todo: `Run once with a network: npm cache add ${PACKAGE}@${version}`, cause,
    });
  } finally {
    await rm(project, { recursive: true, force: true });
  }
}
