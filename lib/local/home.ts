// The home: one folder that holds all state of the embedded runtime, and the version of its layout.
import { lstat, mkdir, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isProcessAlive, MillraceError, processBornAt, uuidv7 } from '../base/index.ts';

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

/**
 * Opens a home, or makes one where `create` allows it. `moved` opens one that was moved or copied, too.
 * @throws MillraceError `not_found` where there is none, `unsupported` where it was made by a newer version, `conflict` where it has to be
 * upgraded or relocated first, `io` where the folder cannot be written or holds something else.
 */
export async function openHome(root: string, { create, moved = false }: { create: boolean; moved?: boolean }): Promise<Home> {
  const home = pathsOf(root);
  const marker = path.join(root, 'home.json');
  const text = await readFile(marker, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw cannot('read', root, error);
  });
  if (text !== undefined) {
    const { format, root: madeAt } = markerOf(text, marker);
    if (format > HOME_FORMAT) throw newerHome(root, format);
    if (format < HOME_FORMAT) {
      throw new MillraceError('conflict', `the home was made by an older Millrace (layout ${format}, this one has ${HOME_FORMAT})`, { where: root, todo: '`millrace upgrade` moves it on; nothing is lost.' });
    }
    if (!moved && madeAt !== undefined && !(await isSamePlace(madeAt, root))) {
      throw new MillraceError('conflict', `the home was moved or copied here from ${madeAt}, and its tables still name that place`, { where: root, todo: '`millrace doctor --relocate` mends it.' });
    }
    return home;
  }
  if (!create) {
    throw new MillraceError('not_found', 'there is no Millrace home here', { where: root, todo: 'Run `millrace start` or `millrace ingest` to make one, or give --home DIR.' });
  }
  try {
    for (const folder of [home.root, home.lake, home.landing, home.temporary]) await mkdir(folder, { recursive: true });
    await mkdir(home.keys, { recursive: true, mode: 0o700 });
    await markHome(root, { format: HOME_FORMAT });
  } catch (error) {
    throw cannot('make', root, error as NodeJS.ErrnoException);
  }
  return home;
}

const SPILL = /^spill-(\d+)-(\d*)-/;

/** Where a runtime of this process may put spill files: a folder of its own, which `sweepTemporary` leaves alone as long as the process runs. */
export async function spillFolder(home: Pick<Home, 'temporary'>): Promise<string> {
  return path.join(home.temporary, `spill-${process.pid}-${await processBornAt(process.pid)}-${uuidv7()}`);
}

async function isInUse(spill: string): Promise<boolean> {
  const [, pid, born] = SPILL.exec(spill) ?? [];
  return pid !== undefined && isProcessAlive(Number(pid)) && born === await processBornAt(Number(pid));
}

/** Removes what crashes left: spill files of processes that are gone, and other files that nobody has changed for so long. Gives their number. */
export async function sweepTemporary(home: Pick<Home, 'temporary'>, { olderThanMilliseconds, now }: { olderThanMilliseconds: number; now: number }): Promise<number> {
  const names = await readdir(home.temporary).catch(() => []);
  let swept = 0;
  for (const name of names) {
    const place = path.join(home.temporary, name);
    const isSpill = SPILL.test(name);
    if (isSpill && await isInUse(name)) continue;
    for (const file of await filesBelow(place)) {
      const info = await lstat(file).catch(() => undefined); // its owner was quicker
      if (info === undefined || (!isSpill && now - info.mtimeMs < olderThanMilliseconds)) continue;
      await rm(file, { force: true });
      swept += 1;
    }
    if (isSpill) await rm(place, { recursive: true, force: true });
  }
  return swept;
}

/** The file itself where it is one. */
async function filesBelow(place: string): Promise<string[]> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true }).catch(() => undefined);
  return entries === undefined ? [place] : entries.filter((each) => !each.isDirectory()).map((each) => path.join(each.parentPath, each.name));
}

/** Says of which layout the home is, and which place its tables name: the last step of everything that changes either. */
export async function markHome(root: string, { format, madeAt = path.resolve(root) }: { format: number; madeAt?: string }): Promise<void> {
  const marker = path.join(root, 'home.json');
  const temporary = `${marker}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify({ format, root: madeAt })}\n`);
  await rename(temporary, marker);
}

/** What a home of any version says of itself: its layout, and the place that its tables name. */
export async function readMarker(root: string): Promise<{ format: number; root?: string } | undefined> {
  const marker = path.join(root, 'home.json');
  const text = await readFile(marker, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw cannot('read', root, error);
  });
  return text === undefined ? undefined : markerOf(text, marker);
}

export function newerHome(root: string, format: number): MillraceError {
  return new MillraceError('unsupported', `the home was made by a newer Millrace (layout ${format}, this one knows ${HOME_FORMAT})`, { where: root, todo: 'Use that version, or another --home.' });
}

/** By another name, too: a link to the folder is the folder. */
async function isSamePlace(one: string, other: string): Promise<boolean> {
  const real = (place: string) => realpath(place).catch(() => path.resolve(place));
  return (await real(one)) === (await real(other));
}

function markerOf(text: string, marker: string): { format: number; root?: string } {
  try {
    const { format, root } = JSON.parse(text) as { format?: unknown; root?: unknown };
    if (typeof format === 'number') return { format, ...(typeof root === 'string' ? { root } : {}) };
  } catch {
    // Falls through to the error below, which says the same.
  }
  throw new MillraceError('bad_input', 'the file that marks a home cannot be read', { where: marker, todo: `It should hold {"format":${HOME_FORMAT}}.` });
}

function cannot(what: string, root: string, error: NodeJS.ErrnoException): MillraceError {
  const why = error.code === 'EACCES' || error.code === 'EPERM' || error.code === 'EROFS' ? 'no permission' : error.code === 'ENOSPC' ? 'the disk is full' : error.message;
  return new MillraceError('io', `cannot ${what} the home: ${why}`, { where: root, todo: 'Choose another folder with --home DIR.', cause: error });
}
