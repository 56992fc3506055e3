// The first record of a CSV file: the names of its columns, and where the rows begin.
import { MillraceError } from '../../base/index.ts';
import { chunkOf, type Content } from '../bytes/content.ts';
import { guessEncoding } from '../bytes/sniff.ts';
import { CR, LF } from './bytes.ts';
import { ExactCsvReader } from './exact-reader.ts';
import { bytesOf, type CsvProblem, type RecordSink } from './record.ts';
import { splitFields } from './fields.ts';
import { copyOf } from '../bytes/copy.ts';

export interface CsvHeader {
  names: string[];
  /** Where the first row starts: byte offset and physical line. */
  body: { offset: number; line: number };
}

const MOST_BYTES = 1024 * 1024;

const PROBLEMS: Readonly<Partial<Record<CsvProblem, string>>> = {
  unclosed_quote: 'a quote in the header is never closed',
  text_after_quote: 'in the header there is text behind a closing quote',
  nul_byte: 'the header holds a NUL byte',
};

/**
 * Reads the header behind `skip` bytes (a byte order mark). undefined: the file has nothing but blank lines.
 * Throws `bad_input` where the first record cannot be one.
 */
export async function readHeader(content: Content, delimiter: string, skip: number, where: string): Promise<CsvHeader | undefined> {
  const head = await chunkOf(content, 0, MOST_BYTES);
  const reader = new ExactCsvReader({ delimiter, fields: 1, start: { offset: skip, line: 1, row: 0 } });
  let header: { names: string[]; bytes: Uint8Array; end: number; line: number; problem: CsvProblem | undefined } | undefined;
  const sink: RecordSink = (record) => {
    header ??= {
      names: splitFields(bytesOf(record), delimiter).map(({ text }) => text), bytes: copyOf(bytesOf(record)), end: record.offset + record.length, line: record.line,
      problem: record.problems.find((problem) => problem !== 'too_few_fields' && problem !== 'too_many_fields'),
    };
  };
  reader.push(head.subarray(skip), sink);
  if (header === undefined && content.size <= MOST_BYTES) reader.finish(sink);
  const found = header as typeof header;
  if (found === undefined) {
    if (content.size <= MOST_BYTES) return undefined;
    throw new MillraceError('bad_input', 'there is no line end in the first million bytes', { where, todo: 'Is it CSV? Write one row a line.' });
  }
  if (found.problem === 'invalid_utf8') {
    throw new MillraceError('bad_input', `the header is not UTF-8; it looks like ${guessEncoding(found.bytes)}`, {
      where, todo: 'Export it again as UTF-8, or convert it: iconv -f WINDOWS-1252 -t UTF-8 in.csv > out.csv.',
    });
  }
  if (found.problem !== undefined) {
    throw new MillraceError('bad_input', PROBLEMS[found.problem] ?? 'the header cannot be read', { where, todo: 'Mend the first line and send the file again.' });
  }
  const crlf = head[found.end] === CR && head[found.end + 1] === LF;
  const offset = Math.min(content.size, found.end + (crlf ? 2 : 1));
  const lines = Buffer.from(found.bytes).toString('latin1').match(/\r\n|\r|\n/g)?.length ?? 0;
  return { names: found.names, body: { offset, line: found.line + lines + 1 } };
}
