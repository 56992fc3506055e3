// What is kept of a stream beside its records: one file, replaced as a whole.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError, replaceFile } from '../../base/index.ts';
import type { Shard } from './shards.ts';
import type { StreamMode } from './types.ts';

export interface StreamMetadata {
  name: string;
  createdAt: number;
  mode: StreamMode;
  retentionHours: number;
  maxRecordKiB: number;
  tags: Readonly<Record<string, string>>;
  shards: readonly Shard[];
}

const FORMAT = 1;

export async function saveMetadata(folder: string, metadata: StreamMetadata): Promise<void> {
  await replaceFile(path.join(folder, 'stream.json'), `${JSON.stringify({ format: FORMAT, ...metadata }, undefined, 2)}\n`);
}

/** Undefined where the folder holds no stream: its making was cut short. @throws MillraceError where the file is not one of ours. */
export async function loadMetadata(folder: string): Promise<StreamMetadata | undefined> {
  const where = path.join(folder, 'stream.json');
  const text = await readFile(where, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new MillraceError('io', `a stream's settings cannot be read: ${error.message}`, { where, cause: error });
  });
  if (text === undefined) return undefined;
  let parsed: StreamMetadata & { format?: number };
  try {
    parsed = JSON.parse(text) as typeof parsed;
  } catch (error) {
    throw new MillraceError('io', "a stream's settings are damaged", { where, todo: 'Restore the file from a copy.', cause: error });
  }
  const { format, ...metadata } = parsed;
  if (format !== FORMAT)
    throw new MillraceError('unsupported', `the stream was made by a newer Millrace (format ${format}, this one knows ${FORMAT})`, {
      where,
      todo: 'Use that version.',
    });
  return metadata;
}
