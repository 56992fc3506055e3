// What is wrong with a record that cannot be read: the reason as a code, and a sentence about it.
import type { CsvProblem } from '../csv/record.ts';
import type { JsonProblem } from '../json/object-text.ts';

export type ParseProblem = CsvProblem | JsonProblem;

/** `orders.parse.unclosed_quote` */
export function parseReason(source: string, problem: ParseProblem): string {
  return `${source}.parse.${problem}`;
}

/** The row has columns that the contract does not know, and refuses. */
export function unexpectedColumns(source: string): string {
  return `${source}.columns.unexpected`;
}

/** Never quotes the record itself, which may be personal. */
export function parseMessage(problem: ParseProblem, { fields, wanted, length }: { fields: number; wanted: number; length: number }): string {
  switch (problem) {
    case 'unclosed_quote': return 'a quote is opened on this line and never closed; reading went on with the next line';
    case 'text_after_quote': return 'there is text behind a closing quote; a quote inside a quoted field is written twice';
    case 'too_long': return `the record has ${length.toLocaleString('en-US')} bytes, more than a record may have; only its first bytes are kept`;
    case 'invalid_utf8': return 'its bytes are not UTF-8';
    case 'nul_byte': return 'it holds a NUL byte';
    case 'too_few_fields': return `it has ${fields} ${fields === 1 ? 'field' : 'fields'} where the header has ${wanted}`;
    case 'too_many_fields': return `it has ${fields} fields where the header has ${wanted}`;
    case 'not_json': return 'the line is not JSON';
    case 'not_an_object': return 'the line is JSON, but no object';
    case 'duplicate_key': return 'a key comes twice in the object, so it is unclear which value was meant';
  }
}
