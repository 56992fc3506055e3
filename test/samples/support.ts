// A sample in a folder of its own, its rows as a reader of the test's own finds them, and DuckDB for the big ones.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { generateSample, type SampleOptions, type Truth } from '../../samples/index.ts';

export interface Sample {
  out: string;
  truth: Truth;
  dispose(): void;
}

export async function makeSample(options: Omit<SampleOptions, 'out'>): Promise<Sample> {
  const out = mkdtempSync(join(tmpdir(), 'millrace-sample-'));
  const truth = await generateSample({ ...options, out });
  return { out, truth, dispose: () => rmSync(out, { recursive: true, force: true }) };
}

/** SHA-256 of every file below a folder, by name. */
export function hashes(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path): [string, string] => [relative(folder, path), createHash('sha256').update(readFileSync(path)).digest('hex')])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

export function bytesOf(sample: Sample, file: string): Buffer {
  const bytes = readFileSync(join(sample.out, file));
  return file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

export interface TestRow {
  row: number;
  fields: string[];
  raw: string;
}

/**
 * Records of a CSV file, without the header. `isOneLine` tells of rows whose quotes are broken on purpose: they end with their line.
 * Text is Latin-1, byte for byte.
 */
export function recordsOf(bytes: Buffer, isOneLine: (row: number) => boolean): { header: string[]; rows: TestRow[] } {
  const text = bytes.toString('latin1').replace(/^\xef\xbb\xbf/, '');
  const rows: TestRow[] = [];
  let header: string[] | undefined;
  for (let at = 0, row = 0; at < text.length; row++) {
    const isBroken = row > 0 && isOneLine(row);
    let quoted = false;
    let end = at;
    for (; end < text.length; end++) {
      if (text[end] === '"' && !isBroken) quoted = !quoted;
      else if (text[end] === '\n' && !quoted) break;
    }
    const raw = text.slice(at, end).replace(/\r$/, '');
    const fields = raw
      .match(/("(?:[^"]|"")*"|[^,]*)(,|$)/gs)!
      .slice(0, raw.endsWith(',') ? undefined : -1)
      .map((field) =>
        field
          .replace(/,$/, '')
          .replace(/^"(.*)"$/s, '$1')
          .replaceAll('""', '"'),
      );
    if (header === undefined) header = fields;
    else rows.push({ row, fields, raw });
    at = end + 1;
  }
  return { header: header!, rows };
}

/** Runs one SELECT on DuckDB and gives its rows; files are read as text. */
export async function duck(): Promise<{ all(sql: string): Promise<Record<string, unknown>[]>; close(): void }> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  return {
    all: async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson() as Record<string, unknown>[],
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** A relation of text columns over a file of the sample. */
export function csv(sample: Sample, file: string): string {
  return `read_csv('${join(sample.out, file)}', header = true, all_varchar = true, quote = '"', escape = '"', delim = ',', strict_mode = true, parallel = false)`;
}
