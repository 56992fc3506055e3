// Price lists as files: a folder a list, and one file that names the list that holds.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError, replaceFile, syncFolder, writeDurably } from '../../base/index.ts';
import type { PriceList } from './price-table.ts';

export interface ExportManifest {
  list_id: string;
  policy: string;
  version: string;
  currency: string;
  rows: number;
  valid_from: string;
  valid_to: string;
  /** Beside this file, or, in `current.json`, below its folder. */
  files: { name: string; bytes: number; sha256: string }[];
}

/** So many lists stay: who reads one while the next comes finishes in peace. */
const KEPT_LISTS = 5;
const CURRENT = 'current.json';

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
    const files = [];
    for (const [name, text] of [['prices.csv', csvOf(list)], ['prices.jsonl', linesOf(list)]] as const) {
      await writeDurably(path.join(temporary, name), text);
      files.push({ name, bytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') });
    }
    const manifest: ExportManifest = {
      list_id: header.listId, policy: header.policy, version: header.version, currency: header.currency, rows: header.rows, valid_from: new Date(header.validFrom).toISOString(),
      valid_to: new Date(header.validTo).toISOString(), files,
    };
    await writeDurably(path.join(temporary, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
    await syncFolder(temporary);
    before('publish');
    // Of a list that is there already the bytes are the same.
    await rename(temporary, place).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      await rm(temporary, { recursive: true, force: true });
    });
    await syncFolder(folder);
    before('announce');
    const announced: ExportManifest = { ...manifest, files: files.map((file) => ({ ...file, name: `${header.listId}/${file.name}` })) };
    await replaceFile(path.join(folder, CURRENT), `${JSON.stringify(announced, null, 1)}\n`);
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

const HEADINGS = ['product_id', 'price', 'currency', 'previous_price', 'category', 'policy', 'reason', 'limits', 'valid_from', 'valid_to'] as const;

function recordsOf({ header, prices }: PriceList): Record<(typeof HEADINGS)[number], string | number>[] {
  const [validFrom, validTo] = [new Date(header.validFrom).toISOString(), new Date(header.validTo).toISOString()];
  return prices.map(({ productId, category, price, previousPrice, reason, limits }) => ({
    product_id: productId, price, currency: header.currency, previous_price: previousPrice, category, policy: header.policy, reason, limits: limits.join(' '), valid_from: validFrom, valid_to: validTo,
  }));
}

/** RFC 4180, with LF at the ends of lines; prices with two decimals. */
function csvOf(list: PriceList): string {
  const cell = (value: string | number): string => {
    const text = typeof value === 'number' ? value.toFixed(2) : value;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [HEADINGS.join(','), ...recordsOf(list).map((record) => HEADINGS.map((name) => cell(record[name])).join(','))].map((line) => `${line}\n`).join('');
}

function linesOf(list: PriceList): string {
  return recordsOf(list).map((record) => `${JSON.stringify(record)}\n`).join('');
}

/** Lists beyond the newest, whose ids sort by time, and what crashes left. */
async function tidy(folder: string, kept: string): Promise<void> {
  const names = await readdir(folder);
  const lists = names.filter((name) => /^[0-9a-f]{8}-/.test(name) && name !== kept).sort();
  const left = names.filter((name) => name.startsWith('.') && name.endsWith('.tmp'));
  await Promise.all([...lists.slice(0, Math.max(0, lists.length - KEPT_LISTS + 1)), ...left].map((name) => rm(path.join(folder, name), { recursive: true, force: true })));
}
