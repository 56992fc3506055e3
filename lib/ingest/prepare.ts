// From a file that has been read to one that can be loaded: what it is, which columns it has, how many records there are.
import { MillraceError } from '../base/index.ts';
import type { Contract, FilePolicy } from '../contracts/index.ts';
import { chunkOf } from './bytes/content.ts';
import type { Material } from './bytes/material.ts';
import { readHeader } from './csv/header.ts';
import { refuseOtherEncoding, scanBody } from './csv/inspect.ts';
import { prepareParquet } from './parquet/read-parquet.ts';
import type { PreparedFile } from './prepared.ts';
import { resolveShape } from './shape/resolve.ts';
import type { IngestContext } from './types.ts';

/** What there is to load; `empty`: not one record, and so nothing but its mark on the list of files. */
export type Preparation = { fate: 'loadable'; body: PreparedFile['body'] } | { fate: 'empty' };

/**
 * Throws `bad_input`, naming what is wrong and what to do: not text, another encoding, a header that does not match, a damaged Parquet file.
 */
export async function prepare(context: IngestContext, contract: Contract, material: Material, format: FilePolicy['format'], signal?: AbortSignal): Promise<Preparation> {
  const { file: { path: where }, content, sniffed } = material;
  if (content.size === 0) return { fate: 'empty' };
  if (sniffed.kind === 'refused') throw new MillraceError('bad_input', `the file is ${sniffed.what}`, { where, todo: sniffed.todo });
  if (sniffed.kind === 'parquet') {
    if (content.path === undefined) throw new MillraceError('internal', 'a Parquet file that is not on disk', { where });
    const { path } = content;
    const body = await context.database.use((session) => prepareParquet(session, path, contract, where, context.contracts.values()));
    return body.rows === 0 ? { fate: 'empty' } : { fate: 'loadable', body };
  }
  if (format === 'parquet') throw new MillraceError('bad_input', 'the file is not Parquet, whatever its name says', { where, todo: 'Give it the extension of what it is (.csv, .jsonl).' });
  if (format === 'jsonl') {
    await refuseJsonArray(material, sniffed.skip);
    return { fate: 'loadable', body: { format, skip: sniffed.skip } };
  }

  const delimiter = contract.files?.delimiter ?? (/\.tsv(\.gz)?$/i.test(material.file.name) ? '\t' : ',');
  const header = await readHeader(content, delimiter, sniffed.skip, where);
  if (header === undefined) return { fate: 'empty' };
  const shape = resolveShape(contract, header.names, where, context.contracts.values());
  const scan = await scanBody(content, header, delimiter, signal);
  if (!scan.validUtf8) await refuseOtherEncoding(content, header, delimiter, where);
  return scan.records === 0 ? { fate: 'empty' } : { fate: 'loadable', body: { format: 'csv', delimiter, header, shape, scan } };
}

/** One array over the whole file is JSON, but not one object a line. */
async function refuseJsonArray({ file, content }: Material, skip: number): Promise<void> {
  const head = await chunkOf(content, skip, skip + 4096);
  if (Buffer.from(head).toString('latin1').trimStart().startsWith('[')) {
    throw new MillraceError('bad_input', 'the file is one JSON array, not one object a line', { where: file.path, todo: "Convert it: jq -c '.[]' in.json > out.jsonl." });
  }
}

/** Files of one signature can be loaded together. */
export function signatureOf(body: PreparedFile['body']): string {
  switch (body.format) {
    case 'csv': return JSON.stringify(['csv', body.delimiter, body.shape]);
    case 'jsonl': return 'jsonl';
    case 'parquet': return JSON.stringify(['parquet', body.columns]);
  }
}

/** How raw bytes of a rejected row are read again; `layout` of `bronze.rejected`. */
export function layoutOf(body: PreparedFile['body']): string {
  switch (body.format) {
    case 'csv': return JSON.stringify({ format: 'csv', delimiter: body.delimiter, header: body.header.names });
    case 'jsonl': return JSON.stringify({ format: 'jsonl' });
    case 'parquet': return JSON.stringify({ format: 'parquet' });
  }
}
