// Price lists as files: a folder a list, and one file that names the list that holds.
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError, replaceFile, syncFolder, writeDurably } from '../../base/index.ts';
import { CURRENT, exportedFiles, outlived, type ExportManifest } from './list-files.ts';
import type { PriceList } from './price-table.ts';

export interface ExportOptions {
  /** `<home>/exports/prices`, or where the operator says. */
  folder: string;
  /** Told before each step that changes what is on the disk; a test stops it there. */
  before?: (step: 'write' | 'publish' | 'announce' | 'tidy') => void;
}

/**
 * Writes `<list>/prices.csv`, `prices.jsonl` and `manifest.json` into a folder of their own, which gets its name when all of it is on the disk, and then replaces
 * `current.json`. Whoever follows `current.json` reads the list before or this one, whole. Doing it again is harmless.
 *
 * @throws MillraceError `io` where the folder cannot be written
 */
export async function exportPriceList(list: PriceList, { folder, before = () => {} }: ExportOptions): Promise<ExportManifest> {
  const { header } = list;
  const temporary = path.join(folder, `.${header.listId}.${process.pid}.tmp`);
  const place = path.join(folder, header.listId);
  try {
    before('write');
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true });
    const { texts, current, announced } = exportedFiles(list);
    for (const [name, text] of texts) await writeDurably(path.join(temporary, name), text);
    await syncFolder(temporary);
    before('publish');
    // Of a list that is there already the bytes are the same.
    await rename(temporary, place).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      await rm(temporary, { recursive: true, force: true });
    });
    await syncFolder(folder);
    before('announce');
    await replaceFile(path.join(folder, CURRENT), current);
    before('tidy');
    await tidy(folder, header.listId);
    return announced;
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError('io', `the prices cannot be exported: ${(cause as Error).message}`, { where: folder, todo: 'See that the folder can be written and the disk has room; then `millrace prices export`.', cause });
  }
}

/** What `current.json` says; undefined where nothing was exported. */
export async function currentExport(folder: string): Promise<ExportManifest | undefined> {
  const text = await readFile(path.join(folder, CURRENT), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new MillraceError('io', `the exported prices cannot be read: ${error.message}`, { where: folder, cause: error });
  });
  return text === undefined ? undefined : (JSON.parse(text) as ExportManifest);
}

/** Lists beyond the newest, whose ids sort by time, and what crashes left. */
async function tidy(folder: string, kept: string): Promise<void> {
  const names = await readdir(folder);
  const left = names.filter((name) => name.startsWith('.') && name.endsWith('.tmp'));
  await Promise.all([...outlived(names, kept), ...left].map((name) => rm(path.join(folder, name), { recursive: true, force: true })));
}
