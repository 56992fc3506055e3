// The file that Athena leaves of a SELECT: CSV with every value in quotes, and nothing at all for NULL. Read at once, where answers of a thousand rows
// a call would take minutes.
import { MillraceError } from '../../base/index.ts';

const [QUOTE, COMMA, NEWLINE, RETURN] = [0x22, 0x2c, 0x0a, 0x0d];

/** Rows of a result file, the names first; undefined is NULL. @throws `io` where the file ends within a value. */
export function parseResultFile(bytes: Uint8Array): (string | undefined)[][] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rows: (string | undefined)[][] = [];
  let row: (string | undefined)[] = [];
  for (let at = 0; at < text.length;) {
    let value: string | undefined;
    if (text[at] === QUOTE) {
      const end = closingQuote(text, at + 1);
      if (end < 0) throw new MillraceError('io', 'the result file of Athena ends within a value', { todo: 'Run the statement again.' });
      value = text.toString('utf8', at + 1, end);
      if (value.includes('""')) value = value.replaceAll('""', '"');
      at = end + 1;
    } else {
      const begin = at;
      while (at < text.length && text[at] !== COMMA && text[at] !== NEWLINE) at++;
      const end = text[at - 1] === RETURN && at > begin ? at - 1 : at;
      value = end === begin ? undefined : text.toString('utf8', begin, end);
    }
    row.push(value);
    if (text[at] === RETURN) at++;
    if (at >= text.length || text[at] === NEWLINE) {
      rows.push(row);
      row = [];
      at++;
    } else {
      at++;
      // A comma at the very end is followed by one more NULL.
      if (at >= text.length) rows.push([...row, undefined]);
    }
  }
  return rows;
}

function closingQuote(text: Buffer, from: number): number {
  for (let at = text.indexOf(QUOTE, from); at >= 0; at = text.indexOf(QUOTE, at + 2)) if (text[at + 1] !== QUOTE) return at;
  return -1;
}
