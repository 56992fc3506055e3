// What a list of prices is as files: their texts, the manifest with their checksums, and what `current.json` says of them.
import { createHash } from 'node:crypto';
import { fractionDigitsOf } from '../../pricing/index.ts';
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
/** Names the list that holds; written last. */
export const CURRENT = 'current.json';

export interface ExportedFiles {
  /** Names below the list's own folder, with their texts. */
  texts: readonly (readonly [name: string, text: string])[];
  /** The text of `current.json`, and what it says. */
  current: string;
  announced: ExportManifest;
}

export function exportedFiles(list: PriceList): ExportedFiles {
  const { header } = list;
  const data = [['prices.csv', csvOf(list)], ['prices.jsonl', linesOf(list)]] as const;
  const manifest: ExportManifest = {
    list_id: header.listId, policy: header.policy, version: header.version, currency: header.currency, rows: header.rows, valid_from: new Date(header.validFrom).toISOString(),
    valid_to: new Date(header.validTo).toISOString(), files: data.map(([name, text]) => ({ name, bytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') })),
  };
  const announced: ExportManifest = { ...manifest, files: manifest.files.map((file) => ({ ...file, name: `${header.listId}/${file.name}` })) };
  return { texts: [...data, ['manifest.json', textOf(manifest)]], current: textOf(announced), announced };
}

/** Folders of lists beyond the newest, whose ids sort by time. */
export function outlived(names: readonly string[], kept: string): string[] {
  const lists = names.filter((name) => /^[0-9a-f]{8}-/.test(name) && name !== kept).sort();
  return lists.slice(0, Math.max(0, lists.length - KEPT_LISTS + 1));
}

function textOf(manifest: ExportManifest): string {
  return `${JSON.stringify(manifest, null, 1)}\n`;
}

const HEADINGS = ['product_id', 'price', 'currency', 'previous_price', 'category', 'policy', 'reason', 'limits', 'valid_from', 'valid_to'] as const;

function recordsOf({ header, prices }: PriceList): Record<(typeof HEADINGS)[number], string | number>[] {
  const [validFrom, validTo] = [new Date(header.validFrom).toISOString(), new Date(header.validTo).toISOString()];
  return prices.map(({ productId, category, price, previousPrice, reason, limits }) => ({
    product_id: productId, price, currency: header.currency, previous_price: previousPrice, category, policy: header.policy, reason, limits: limits.join(' '), valid_from: validFrom, valid_to: validTo,
  }));
}

/** RFC 4180, with LF at the ends of lines; prices with the decimals of the currency. */
function csvOf(list: PriceList): string {
  const digits = fractionDigitsOf(list.header.currency);
  const cell = (value: string | number): string => {
    const text = typeof value === 'number' ? value.toFixed(digits) : value;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [HEADINGS.join(','), ...recordsOf(list).map((record) => HEADINGS.map((name) => cell(record[name])).join(','))].map((line) => `${line}\n`).join('');
}

function linesOf(list: PriceList): string {
  return recordsOf(list).map((record) => `${JSON.stringify(record)}\n`).join('');
}
