// What a file is by its first bytes, so that a workbook named .csv is called a workbook and not 40,000 bad rows.
import { isUtf8 } from 'node:buffer';

/** `text`: UTF-8 as far as one can see, its text starting at byte `skip` (behind a byte order mark). */
export type Sniffed = { kind: 'text'; skip: number } | { kind: 'parquet' } | { kind: 'refused'; what: string; todo: string };

const saveAsUtf8 = (from: string): string => `Export it again as UTF-8, or convert it: iconv -f ${from} -t UTF-8 in.csv > out.csv.`;
const NOT_TABULAR = 'Export the table as CSV, JSON lines or Parquet.';

const MAGIC: readonly (readonly [bytes: readonly number[], what: string, todo: string])[] = [
  [[0x50, 0x4b, 0x03, 0x04], 'a ZIP archive or an Excel workbook', 'Unpack it, or save the sheet as CSV (UTF-8).'],
  [[0xd0, 0xcf, 0x11, 0xe0], 'an old Excel workbook', 'Save the sheet as CSV (UTF-8).'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF', NOT_TABULAR],
  [[0x89, 0x50, 0x4e, 0x47], 'a PNG image', NOT_TABULAR],
  [[0xff, 0xd8, 0xff], 'a JPEG image', NOT_TABULAR],
  [[0x1f, 0x8b], 'compressed with gzip twice', 'Decompress it once.'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'compressed with zstd', 'Decompress it, or send it as .gz.'],
  [[0x42, 0x5a, 0x68], 'compressed with bzip2', 'Decompress it, or send it as .gz.'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'compressed with xz', 'Decompress it, or send it as .gz.'],
  [[0x37, 0x7a, 0xbc, 0xaf], 'a 7z archive', 'Unpack it.'],
  [[0x4f, 0x62, 0x6a, 0x01], 'an Avro file', NOT_TABULAR],
  [[0x4f, 0x52, 0x43, 0x00], 'an ORC file', NOT_TABULAR],
  [[0x53, 0x51, 0x4c, 0x69, 0x74, 0x65], 'an SQLite database', NOT_TABULAR],
  [[0xff, 0xfe], 'text in UTF-16 (little endian)', saveAsUtf8('UTF-16')],
  [[0xfe, 0xff], 'text in UTF-16 (big endian)', saveAsUtf8('UTF-16')],
];

/** @param head the first bytes of the decompressed file, best 64 KiB */
export function sniff(head: Uint8Array): Sniffed {
  if (startsWith(head, [0x50, 0x41, 0x52, 0x31])) return { kind: 'parquet' };
  for (const [bytes, what, todo] of MAGIC) {
    if (startsWith(head, bytes)) return { kind: 'refused', what, todo };
  }
  if (startsWith(head, [0xef, 0xbb, 0xbf])) return { kind: 'text', skip: 3 };

  let nuls = 0;
  let oddNuls = 0;
  let controls = 0;
  for (let i = 0; i < head.length; i++) {
    const byte = head[i]!;
    if (byte === 0) {
      nuls++;
      oddNuls += i & 1;
    } else if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x0c) {
      controls++;
    }
  }
  // Latin letters in UTF-16 have a NUL in every second byte.
  if (head.length >= 4 && nuls > head.length * 0.3) {
    if (oddNuls > nuls * 0.95) return { kind: 'refused', what: 'text in UTF-16 (little endian)', todo: saveAsUtf8('UTF-16LE') };
    if (oddNuls < nuls * 0.05) return { kind: 'refused', what: 'text in UTF-16 (big endian)', todo: saveAsUtf8('UTF-16BE') };
  }
  if (nuls + controls > head.length * 0.02 + 8 && (nuls > controls || !isUtf8(head.subarray(0, lastWholeCharacter(head))))) {
    return { kind: 'refused', what: 'a binary file', todo: NOT_TABULAR };
  }
  return { kind: 'text', skip: 0 };
}

/** A name for text that is not UTF-8, by the bytes that gave it away. */
export function guessEncoding(bytes: Uint8Array): string {
  const windows = bytes.some((byte) => byte >= 0x80 && byte <= 0x9f);
  return windows ? 'Windows-1252' : 'Latin-1 (ISO 8859-1)';
}

function startsWith(head: Uint8Array, bytes: readonly number[]): boolean {
  return head.length >= bytes.length && bytes.every((byte, i) => head[i] === byte);
}

function lastWholeCharacter(head: Uint8Array): number {
  let end = head.length;
  for (let back = 0; back < 3 && end > 0 && (head[end - 1]! & 0xc0) === 0x80; back++) end--;
  return end > 0 && head[end - 1]! >= 0xc0 ? end - 1 : head.length;
}
