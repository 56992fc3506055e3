// The home: one folder that holds all state of the embedded runtime, and the version of its layout.
import { lstat, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError } from '../base/index.ts';

/** Raised by a change of the layout that `millrace upgrade` has to move. */
export const HOME_FORMAT = 1;

export interface Home {
  root: string;
  /** Iceberg tables: `<namespace>/<table>`. */
  lake: string;
  /** Files to ingest: `<source>/…`. */
  landing: string;
  /** Spill files and downloads; `sweepTemporary` removes what crashes left. */
  temporary: string;
  keys: string;
  /** The log of the streams. */
  streams: string;
  /** The online features. */
  online: string;
  /** Records that could not be delivered or folded, until the sweep takes them into the quarantine. */
  failed: string;
  /** What is running, for whoever asks. */
  run: string;
}

function pathsOf(root: string): Home {
  const inside = (name: string) => path.join(root, name);
  return {
    root, lake: inside('lake'), landing: inside('landing'), temporary: inside('tmp'), keys: inside('keys'), streams: inside('streams'), online: inside('online'),
    failed: inside('failed'), run: inside('run'),
  };
}

/** Whether there is a home in the folder. */
export async function homeExists(root: string): Promise<boolean> {
  return (await stat(path.join(root, 'home.json')).catch(() => undefined)) !== undefined;
}

/**
 * Opens a home, or makes one where `create` allows it.
 * @throws MillraceError `not_found` where there is none, `unsupported` where it was made by a newer version, `io` where the folder
 * cannot be written or holds something else.
 */
export async function openHome(root: string, { create }: { create: boolean }): Promise<Home> {
  const home = pathsOf(root);
  const marker = path.join(root, 'home.json');
  const text = await readFile(marker, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw cannot('read', root, error);
  });
  if (text !== undefined) {
    const format = formatOf(text, marker);
    if (format > HOME_FORMAT) {
      throw new MillraceError('unsupported', `the home was made by a newer Millrace (layout ${format}, this one knows ${HOME_FORMAT})`, { where: root, todo: 'Use that version, or another --home.' });
    }
    return home;
  }
  if (!create) {
    throw new MillraceError('not_found', 'there is no Millrace home here', { where: root, todo: 'Run `millrace start` or `millrace ingest` to make one, or give --home DIR.' });
  }
  try {
    for (const folder of [home.root, home.lake, home.landing, home.temporary]) await mkdir(folder, { recursive: true });
    await mkdir(home.keys, { recursive: true, mode: 0o700 });
    const temporary = `${marker}.${process.pid}.tmp`;
    await writeFile(temporary, `${JSON.stringify({ format: HOME_FORMAT })}\n`);
    await rename(temporary, marker);
  } catch (error) {
    throw cannot('make', root, error as NodeJS.ErrnoException);
  }
  return home;
}

/** Removes what crashes left in the folder for spill files: files that nobody has changed for so long. Gives their number. */
export async function sweepTemporary(home: Home, { olderThanMilliseconds, now }: { olderThanMilliseconds: number; now: number }): Promise<number> {
  const entries = await readdir(home.temporary, { recursive: true, withFileTypes: true }).catch(() => []);
  let swept = 0;
  for (const entry of entries.filter((each) => !each.isDirectory())) {
    const file = path.join(entry.parentPath, entry.name);
    const info = await lstat(file).catch(() => undefined); // its owner was quicker
    if (info === undefined || now - info.mtimeMs < olderThanMilliseconds) continue;
    await rm(file, { force: true });
    swept += 1;
  }
  return swept;
}

function formatOf(text: string, marker: string): number {
  try {
    const { format } = JSON.parse(text) as { format?: unknown };
    if (typeof format === 'number') return format;
  } catch {
    // Falls through to the error below, which says the same.
  }
  throw new MillraceError('bad_input', 'the file that marks a home cannot be read', { where: marker, todo: `It should hold {"format":${HOME_FORMAT}}.` });
}

function cannot(what: string, root: string, error: NodeJS.ErrnoException): MillraceError {
  const why = error.code === 'EACCES' || error.code === 'EPERM' || error.code === 'EROFS' ? 'no permission' : error.code === 'ENOSPC' ? 'the disk is full' : error.message;
  return new MillraceError('io', `cannot ${what} the home: ${why}`, { where: root, todo: 'Choose another folder with --home DIR.', cause: error });
}
