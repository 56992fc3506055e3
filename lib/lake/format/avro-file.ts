// Avro object container files (Avro 1.11 specification, "Object Container Files"): header, blocks, codecs.
import { createHash } from 'node:crypto';
import zlib from 'node:zlib';
import { MillraceError } from '../../base/index.ts';
import { compileReader, type AvroSchema, type NameOfField } from './avro-schema.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { snappyDecompress } from './snappy.ts';

const MAGIC = Buffer.from('Obj\u0001', 'latin1');
const SYNC_SIZE = 16;

export interface AvroHeader { metadata: Record<string, string>; schema: AvroSchema; codec: string }

/** Reads the header and every record of a file. Fields are named, or skipped, by `nameOf`. */
export function readAvroFile(bytes: Uint8Array, where: string, nameOf: NameOfField): { header: AvroHeader; records: unknown[] } {
  try {
    const from = new ByteReader(bytes);
    if (!from.raw(4).equals(MAGIC)) throw new RangeError('it does not start with the mark of an Avro file');
    const header = readHeader(from);
    const sync = from.raw(SYNC_SIZE);
    const read = compileReader(header.schema, nameOf);
    const records: unknown[] = [];
    while (!from.done) {
      const count = from.int();
      const block = new ByteReader(decompress(header.codec, from.raw(from.int()), where));
      for (let index = 0; index < count; index++) records.push(read(block));
      if (!from.raw(SYNC_SIZE).equals(sync)) throw new RangeError('a block does not end with the file\'s sync marker');
    }
    return { header, records };
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError('bad_input', `not a readable Avro file: ${(cause as Error).message}`, {
      where, cause, todo: 'The file is damaged or cut short; restore it, or roll the table back to an earlier snapshot.',
    });
  }
}

function readHeader(from: ByteReader): AvroHeader {
  const metadata: Record<string, string> = {};
  for (let count = from.int(); count !== 0; count = from.int()) {
    if (count < 0) {
      count = -count;
      from.int();
    }
    for (let index = 0; index < count; index++) {
      const key = from.string();
      metadata[key] = from.string();
    }
  }
  return { metadata, schema: JSON.parse(metadata['avro.schema'] ?? 'null') as AvroSchema, codec: metadata['avro.codec'] ?? 'null' };
}

type ZstdDecompress = (bytes: Uint8Array) => Buffer;

function decompress(codec: string, block: Buffer, where: string): Buffer {
  switch (codec) {
    case 'null': return block;
    case 'deflate': return zlib.inflateRawSync(block);
    case 'snappy': return snappyDecompress(block.subarray(0, block.length - 4)); // the last four bytes are a CRC of the content
    case 'zstandard': {
      const zstd = (zlib as unknown as { zstdDecompressSync?: ZstdDecompress }).zstdDecompressSync; // Node 22.15 and later
      if (zstd !== undefined) return zstd(block);
    }
  }
  throw new MillraceError('unsupported', `Avro files compressed with ${codec} cannot be read here`, {
    where, todo: codec === 'zstandard' ? 'Run on Node 22.15 or later, or let the other writer use gzip (write.avro.compression-codec).' : undefined,
  });
}

/** Builds a file of one block. `schema` is the JSON text that goes into the header. The sync marker derives from the content, so equal records give equal files. */
export function writeAvroFile(
  schema: string, metadata: Record<string, string>, count: number, records: Buffer, codec: 'null' | 'deflate' = 'deflate',
): Buffer {
  const block = codec === 'null' ? records : zlib.deflateRawSync(records, { level: 1 });
  const sync = createHash('md5').update(block).digest();
  const entries = { ...metadata, 'avro.schema': schema, 'avro.codec': codec };
  const to = new ByteWriter(block.length + 8192);
  to.raw(MAGIC);
  to.long(Object.keys(entries).length);
  for (const [key, value] of Object.entries(entries)) {
    to.string(key);
    to.string(value);
  }
  to.long(0);
  to.raw(sync);
  if (count > 0) {
    to.long(count);
    to.bytes(block);
    to.raw(sync);
  }
  return to.finish();
}
