// Files on the local disk: whole or not at all, durable when the promise resolves.
import { randomBytes } from 'node:crypto';
import { statSync, type Stats } from 'node:fs';
import { link, mkdir, open, opendir, readdir, readFile, rename, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MillraceError } from '../../base/index.ts';
import { localPath } from './local-path.ts';
import { takeTurn } from './turn.ts';
import type { CreateOptions, EndTurn, FileInfo, Files, WriteOptions } from '../ports.ts';

/** Names of files that are still being written start so; they are never part of a table. */
const TEMPORARY_PREFIX = '.tmp-';

export class LocalFiles implements Files {
  async read(path: string): Promise<Uint8Array> {
    return guarded('read', path, () => readFile(localPath(path)));
  }

  async readRange(path: string, offset: number, length: number): Promise<Uint8Array> {
    return guarded('read', path, async () => {
      const handle = await open(localPath(path), 'r');
      try {
        const bytes = Buffer.allocUnsafe(length);
        const { bytesRead } = await handle.read(bytes, 0, length, offset);
        return bytes.subarray(0, bytesRead);
      } finally {
        await handle.close();
      }
    });
  }

  async write(path: string, bytes: Uint8Array, options: WriteOptions = {}): Promise<void> {
    await guarded('write', path, async () => {
      const target = localPath(path);
      const written = options.fresh === true ? target : temporaryBeside(target);
      await writeNew(written, bytes, options.durable !== 'no');
      if (written !== target) await moveOrForget(written, () => rename(written, target));
      if (options.durable === undefined || options.durable === 'yes') await syncFolder(dirname(target));
    });
  }

  async create(path: string, bytes: Uint8Array, options: CreateOptions = {}): Promise<boolean> {
    options.after?.catch(() => undefined); // awaited below, after other waits
    return guarded('create', path, async () => {
      if (await this.exists(path)) return false;
      const target = localPath(path);
      const temporary = temporaryBeside(target);
      await writeNew(temporary, bytes, true);
      const forget = () => unlink(temporary).catch(() => undefined);
      try {
        await options.after;
        await link(temporary, target);
      } catch (error) {
        await forget();
        if (codeOf(error) === 'EEXIST') return false;
        throw error;
      }
      await Promise.all([forget(), syncFolder(dirname(target))]);
      return true;
    });
  }

  /** Makes files that another program wrote, and their entries in their folders, durable. */
  async sync(paths: readonly string[]): Promise<void> {
    await Promise.all(paths.map((path) => guarded('sync', path, async () => {
      const handle = await open(localPath(path), 'r');
      await syncAndClose(handle);
    })));
    await Promise.all([...new Set(paths.map((path) => dirname(localPath(path))))].map((folder) => guarded('sync', folder, () => syncFolder(folder))));
  }

  async exists(path: string): Promise<boolean> {
    return this.look(path) !== undefined;
  }

  async stat(path: string): Promise<FileInfo | undefined> {
    const info = this.look(path);
    return info?.isFile() === true ? { path, size: info.size, modifiedAt: info.mtimeMs } : undefined;
  }

  /** Synchronous: it takes microseconds, and a trip to the thread pool many times that. */
  private look(path: string): Stats | undefined {
    try {
      return statSync(localPath(path), { throwIfNoEntry: false });
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw explained('look at', path, error);
    }
  }

  async listFolders(prefix: string): Promise<string[]> {
    try {
      const entries = await readdir(localPath(prefix), { withFileTypes: true });
      return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
    } catch (error) {
      if (isAbsent(error)) return [];
      throw explained('list', prefix, error);
    }
  }

  async *list(prefix: string): AsyncIterable<FileInfo> {
    let folder;
    try {
      folder = await opendir(localPath(prefix));
    } catch (error) {
      if (isAbsent(error)) return;
      throw explained('list', prefix, error);
    }
    for await (const entry of folder) {
      const path = join(prefix, entry.name);
      if (entry.isDirectory()) yield* this.list(path);
      else {
        const info = await this.stat(path); // undefined: deleted since it was listed
        if (info !== undefined) yield info;
      }
    }
  }

  async delete(path: string): Promise<void> {
    await unlink(localPath(path)).catch((error: unknown) => {
      if (!isAbsent(error)) throw explained('delete', path, error);
    });
  }

  async takeTurn(path: string): Promise<EndTurn> {
    return takeTurn(localPath(path));
  }
}

function temporaryBeside(path: string): string {
  return join(dirname(path), `${TEMPORARY_PREFIX}${process.pid}-${randomBytes(8).toString('hex')}`);
}

/** Writes a file that does not exist yet; where that fails, it does not exist afterwards either. */
async function writeNew(path: string, bytes: Uint8Array, durable: boolean): Promise<void> {
  const handle = await openCreatingFolder(path);
  try {
    await handle.writeFile(bytes);
    if (durable) await handle.sync();
  } catch (error) {
    await handle.close();
    await unlink(path).catch(() => undefined);
    throw error;
  }
  await handle.close();
}

async function openCreatingFolder(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    await makeFolder(dirname(path));
    return open(path, 'wx');
  }
}

/** Makes a folder and its parents, each durable in the one above it. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let each = folder; each.length >= first.length; each = dirname(each)) await syncFolder(dirname(each));
}

async function moveOrForget(temporary: string, move: () => Promise<void>): Promise<void> {
  try {
    await move();
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  await syncAndClose(await open(folder, 'r'));
}

async function syncAndClose(handle: FileHandle): Promise<void> {
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

function isAbsent(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
}

async function guarded<T>(verb: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explained(verb, path, error);
  }
}

const REASONS: Readonly<Record<string, { what: string; todo: string }>> = {
  ENOSPC: { what: 'the disk is full', todo: 'Free some space and run the same command again: nothing was half-published.' },
  EDQUOT: { what: 'the disk quota is used up', todo: 'Free some space and run the same command again: nothing was half-published.' },
  EFBIG: { what: 'the disk lets no file become so large', todo: 'Raise the limit (ulimit -f), and run the same command again: nothing was half-published.' },
  EACCES: { what: 'permission is denied', todo: 'Give this user the right to the folder, or choose another one.' },
  EPERM: { what: 'permission is denied', todo: 'Give this user the right to the folder, or choose another one.' },
  ENOTDIR: { what: 'a part of its path is a file, not a folder', todo: 'Remove that file, or choose another folder.' },
  EROFS: { what: 'the file system is read-only', todo: 'Mount it writable, or choose another folder.' },
  EMFILE: { what: 'this process has too many files open', todo: 'Raise the limit (ulimit -n), or do less at once.' },
};

function explained(verb: string, path: string, error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  if (isAbsent(error) && verb === 'read') return new MillraceError('not_found', `there is no file ${path}`, { where: path, cause: error });
  const reason = REASONS[codeOf(error)];
  return new MillraceError('io', `cannot ${verb} the file: ${reason?.what ?? (error as Error).message}`, { where: path, cause: error, todo: reason?.todo });
}
