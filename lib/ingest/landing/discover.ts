// Which files there are to read: everything below a landing folder, or below paths that were named.
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { MillraceError } from '../../base/index.ts';
import type { Contracts } from '../../contracts/index.ts';
import { belongingOf, isInProgress } from './belonging.ts';
import type { LandingFile } from './landing-file.ts';
import { localFile } from './local-file.ts';

/** A file and the source it belongs to, or why it belongs to none. */
export type Discovered =
  | { fate: 'known'; source: string; file: LandingFile }
  | { fate: 'unknown'; name: string; path: string; todo: string }
  | { fate: 'failed'; name: string; path: string; error: MillraceError };

export interface DiscoverOptions {
  /** Files that changed less than so many milliseconds before `now` are left for later: somebody may still be writing them. */
  settle?: { milliseconds: number; now: number };
}

/** Every file below the landing folder, in the order of their names; part2 comes before part10. */
export async function discoverLanding(folder: string, contracts: Contracts, options: DiscoverOptions = {}): Promise<Discovered[]> {
  return discoverFolder(resolve(folder), contracts, options);
}

/** Files and folders that a person named. A folder named `orders` is that source's folder, wherever it lies. */
export async function discoverPaths(paths: readonly string[], contracts: Contracts, options: DiscoverOptions = {}): Promise<Discovered[]> {
  const found: Discovered[] = [];
  for (const given of paths) {
    const path = resolve(given);
    const info = await stat(path).catch((cause: unknown) => {
      throw new MillraceError('not_found', 'there is no such file or folder', { where: given, todo: 'Check the path.', cause });
    });
    if (!info.isDirectory()) {
      const folder = basename(resolve(path, '..'));
      found.push(await discoverFile(path, basename(path), contracts, contracts.has(folder) ? `${folder}/${basename(path)}` : basename(path)));
    } else if (contracts.get(basename(path))?.files !== undefined) {
      found.push(...await discoverFolder(path, contracts, options, `${basename(path)}/`));
    } else {
      found.push(...await discoverFolder(path, contracts, options));
    }
  }
  const seen = new Set<string>();
  return found.filter((each) => {
    const path = each.fate === 'known' ? each.file.path : each.path;
    return !seen.has(path) && seen.add(path);
  });
}

async function discoverFolder(folder: string, contracts: Contracts, options: DiscoverOptions, prefix = ''): Promise<Discovered[]> {
  const names = (await listFiles(folder)).map((path) => ({ path, name: prefix + relative(folder, path).split(sep).join('/') }))
    .filter(({ name }) => !name.split('/').some(isInProgress))
    .sort((a, b) => byName(a.name, b.name));
  return Promise.all(names.map(({ path, name }) => discoverFile(path, name, contracts)))
    .then((found) => found.filter((each) => !isUnsettled(each, options)));
}

async function discoverFile(path: string, name: string, contracts: Contracts, placed = name): Promise<Discovered> {
  const belonging = belongingOf(name, placed, contracts);
  if (!belonging.known) return { fate: 'unknown', name, path, todo: belonging.todo };
  try {
    return { fate: 'known', source: belonging.source, file: await localFile(path, name, belonging.source) };
  } catch (thrown) {
    if (thrown instanceof MillraceError) return { fate: 'failed', name, path, error: thrown };
    throw thrown;
  }
}

function isUnsettled(found: Discovered, { settle }: DiscoverOptions): boolean {
  return settle !== undefined && found.fate === 'known' && found.file.modifiedAt > settle.now - settle.milliseconds;
}

/** Files at any depth; links are followed, a folder that is reached twice is read once. */
async function listFiles(folder: string, visited = new Set<string>()): Promise<string[]> {
  const real = await realpath(folder).catch(() => folder);
  if (visited.has(real)) return [];
  visited.add(real);
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new MillraceError('io', `the folder cannot be listed: ${(cause as Error).message}`, { where: folder, todo: 'Give this user the right to read it.', cause });
  });
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (isInProgress(entry.name)) continue;
    const kind = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
    if (kind === undefined) continue;
    if (kind.isDirectory()) found.push(...await listFiles(path, visited));
    else if (kind.isFile()) found.push(path);
  }
  return found;
}

const collator = new Intl.Collator('en', { numeric: true });

export function byName(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}
