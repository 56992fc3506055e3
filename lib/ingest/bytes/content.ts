// Decompressed bytes that can be read from any place, more than once.
import { chunksOf } from '../landing/local-file.ts';
import { copyOf } from './copy.ts';

export interface Content {
  size: number;
  /** Where they lie on disk; undefined: in memory. */
  path?: string;
  /** A chunk is valid until the next one is asked for. */
  chunks(from?: number, to?: number): AsyncIterable<Uint8Array>;
}

export function inMemory(bytes: Uint8Array): Content {
  return {
    size: bytes.length,
    async *chunks(from = 0, to = bytes.length) {
      if (to > from) yield bytes.subarray(from, to);
    },
  };
}

export function onDisk(path: string, size: number): Content {
  return { size, path, chunks: (from = 0, to = size) => chunksOf(path, from, to) };
}

/** A stretch of the content in one piece. */
export async function chunkOf(content: Content, from: number, to: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of content.chunks(Math.min(from, content.size), Math.min(to, content.size))) parts.push(copyOf(chunk));
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}
