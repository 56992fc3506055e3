// The fields of one record as text, and one record written so that any strict reader reads it alike.
import { QUOTE } from './bytes.ts';

/** A field as it came: whether it stood in quotes, and its text without them. */
export interface CsvField { text: string; quoted: boolean }

/**
 * The fields of one record (its bytes, without the line end). A quote inside an unquoted field is text; so is everything
 * behind a closing quote, which only a record with a problem has.
 */
export function splitFields(record: Uint8Array, delimiter: string): CsvField[] {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  const separator = delimiter.charCodeAt(0);
  const fields: CsvField[] = [];
  let at = 0;
  for (;;) {
    const quoted = bytes[at] === QUOTE;
    let text: string;
    if (quoted) {
      let close = at + 1;
      while (close < bytes.length && !(bytes[close] === QUOTE && bytes[close + 1] !== QUOTE)) close += bytes[close] === QUOTE ? 2 : 1;
      text = bytes.toString('utf8', at + 1, Math.min(close, bytes.length)).replaceAll('""', '"');
      at = Math.min(close + 1, bytes.length);
    } else {
      text = '';
    }
    let end = bytes.indexOf(separator, at);
    if (end === -1) end = bytes.length;
    text += bytes.toString('utf8', at, end);
    fields.push({ text, quoted });
    if (end === bytes.length) return fields;
    at = end + 1;
  }
}

/** The texts of a record's fields; an empty field is NULL, in quotes or not. */
export function fieldTexts(record: Uint8Array, delimiter: string): (string | null)[] {
  return splitFields(record, delimiter).map(({ text }) => (text === '' ? null : text));
}

/** A field as RFC 4180 has it. */
export function quoteField(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

