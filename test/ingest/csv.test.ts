// The independent scan and the exact reader: every byte has a fate, whatever the bytes are and however they are cut.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExactCsvReader, type ExactReaderOptions } from '../../lib/ingest/csv/exact-reader.ts';
import { bytesOf, type CsvProblem, type RecordSink } from '../../lib/ingest/csv/record.ts';
import { fieldTexts, quoteField } from '../../lib/ingest/csv/fields.ts';
import { CsvScan, type CsvScanResult } from '../../lib/ingest/csv/scan.ts';

interface Seen { row: number; line: number; offset: number; text: string; length: number; problems: readonly CsvProblem[]; fields: (string | null)[] }

/** Pieces as a file gives them: one buffer, filled again and again. */
function* pieces(bytes: Uint8Array, cuts: readonly number[]): Generator<Uint8Array> {
  const buffer = Buffer.alloc(bytes.length);
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    const end = Math.min(bytes.length, at + Math.max(1, cut));
    buffer.fill(0x78);
    buffer.set(bytes.subarray(at, end));
    if (end > at) yield buffer.subarray(0, end - at);
    at = end;
  }
}

function scan(text: string | Uint8Array, fields = 3, cuts: readonly number[] = [], delimiter = ','): CsvScanResult {
  const scanning = new CsvScan({ delimiter, fields });
  for (const piece of pieces(Buffer.from(text), cuts)) scanning.push(piece);
  return scanning.end();
}

function read(text: string | Uint8Array, fields = 3, cuts: readonly number[] = [], options: Partial<ExactReaderOptions> = {}): Seen[] {
  const delimiter = options.delimiter ?? ',';
  const reader = new ExactCsvReader({ delimiter, fields, ...options });
  const seen: Seen[] = [];
  const sink: RecordSink = (record) => {
    const bytes = bytesOf(record);
    seen.push({
      row: record.row, line: record.line, offset: record.offset, text: Buffer.from(bytes).toString('latin1'), length: record.length,
      problems: [...record.problems], fields: record.problems.length > 0 ? [] : fieldTexts(bytes, delimiter),
    });
  };
  for (const piece of pieces(Buffer.from(text), cuts)) reader.push(piece, sink);
  reader.finish(sink);
  return seen;
}

const accepted = (seen: Seen[]): (string | null)[][] => seen.filter(({ problems }) => problems.length === 0).map(({ fields }) => fields);
const problems = (seen: Seen[]): (CsvProblem | undefined)[] => seen.map(({ problems: [first] }) => first);

const anyField = fc.oneof(fc.string(), fc.constantFrom('', '"', '""', ',', '\n', '\r\n', '\r', 'ação', '5" pipe', ' a ', '\u{1F600}'));
const cutList = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 60 });
/** Text made of what CSV trips over. */
const trippingBytes = fc.oneof(
  fc.array(fc.constantFrom('"', '""', ',', '\n', '\r', '\r\n', 'a', 'é', '\0', ' ', '",', ',"', '"\n'), { maxLength: 60 }).map((parts) => Buffer.from(parts.join(''))),
  fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
);

describe('well-formed CSV', () => {
  test('comes back value by value, and the scan counts the same, however the bytes are cut', () => {
    fc.assert(fc.property(
      fc.array(fc.tuple(anyField, anyField, anyField), { maxLength: 12 }), cutList, fc.constantFrom('\n', '\r\n', '\r'), fc.boolean(), fc.constantFrom(',', ';', '\t', '|'),
      (rows, cuts, lineEnd, lastLineEnds, delimiter) => {
        const clean = rows.map((row) => row.map((field) => field.replaceAll('\0', '').toWellFormed()));
        const text = clean.map((row) => row.map((field) => (/^[\w ]+$/.test(field) ? field : quoteField(field))).join(delimiter)).join(lineEnd) + (lastLineEnds ? lineEnd : '');
        const found = read(text, 3, cuts, { delimiter });
        expect(accepted(found)).toEqual(clean.map((row) => row.map((field) => (field === '' ? null : field))));
        const counted = scan(text, 3, cuts, delimiter);
        expect(counted).toMatchObject({
          records: rows.length, irregularQuotes: 0, unclosedQuote: false, miscountedTotal: 0, nulBytes: 0, validUtf8: true,
          valueBytes: clean.flat().reduce((sum, field) => sum + Buffer.byteLength(field), 0),
        });
        expect(found.map(({ line }) => line)).toEqual(linesOf(clean, lineEnd));
      },
    ), { numRuns: 400 });
  });
});

/** The physical line of each record, counted in the values. */
function linesOf(rows: string[][], _lineEnd: string): number[] {
  let line = 1;
  return rows.map((row) => {
    const start = line;
    line += 1 + row.reduce((sum, field) => sum + (field.match(/\r\n|\r|\n/g)?.length ?? 0), 0);
    return start;
  });
}

describe('any bytes', () => {
  test('every byte belongs to exactly one record or line end', () => {
    fc.assert(fc.property(trippingBytes, cutList, (bytes, cuts) => {
      let at = 0;
      for (const { offset, length, row } of read(bytes, 3, cuts)) {
        expect(Buffer.from(bytes.subarray(at, offset)).toString('latin1')).toMatch(/^[\r\n]*$/);
        expect(row).toBeGreaterThan(0);
        at = offset + length;
      }
      expect(Buffer.from(bytes.subarray(at)).toString('latin1')).toMatch(/^[\r\n]*$/);
    }), { numRuns: 2_000 });
  });

  test('how the bytes are cut changes nothing', () => {
    fc.assert(fc.property(trippingBytes, cutList, fc.integer({ min: 4, max: 40 }), (bytes, cuts, maxRecordBytes) => {
      expect(read(bytes, 3, cuts, { maxRecordBytes })).toEqual(read(bytes, 3, [], { maxRecordBytes }));
      expect(scan(bytes, 3, cuts)).toEqual(scan(bytes, 3, []));
    }), { numRuns: 2_000 });
  });

  test('where the scan has nothing to object to, the exact reader finds its records, at its places', () => {
    fc.assert(fc.property(trippingBytes, (bytes) => {
      const counted = scan(bytes, 3);
      if (counted.irregularQuotes > 0 || counted.unclosedQuote || counted.nulBytes > 0 || !counted.validUtf8) return;
      const found = read(bytes, 3);
      expect(found.length).toBe(counted.records);
      expect(found.filter((each) => each.problems.length > 0).map(({ row, line, offset, length }) => ({ row, line, offset, length })))
        .toEqual(counted.miscounted.map(({ row, line, offset, length }) => ({ row, line, offset, length })));
    }), { numRuns: 2_000 });
  });
});

describe('behind a bad record', () => {
  test('an unclosed quote costs its own line, not the rest of the file', () => {
    const rows = Array.from({ length: 300_000 }, (_, i) => (i === 1_000 || i === 150_000 ? `${i},"never closed ${i},x` : `${i},"text, ${i}",y`));
    const found = read(rows.join('\n'), 3, [65_536, 1_000_000]);
    expect(found.length).toBe(300_000);
    expect(found.filter((each) => each.problems.length > 0).map(({ row, line, text, problems: [problem] }) => ({ row, line, text, problem }))).toEqual([
      { row: 1_001, line: 1_001, text: '1000,"never closed 1000,x', problem: 'unclosed_quote' },
      { row: 150_001, line: 150_001, text: '150000,"never closed 150000,x', problem: 'unclosed_quote' },
    ]);
  });

  test('an unclosed quote that is the only one in the file swallows nothing', () => {
    const rows = Array.from({ length: 50_000 }, (_, i) => (i === 10 ? `${i},"never closed,x` : `${i},text,y`));
    expect(problems(read(rows.join('\n'), 3)).filter((problem) => problem !== undefined)).toEqual(['unclosed_quote']);
  });

  test('an unclosed quote that an inch mark closes by accident, 5,000 rows on, swallows nothing', () => {
    const rows = Array.from({ length: 6_000 }, (_, i) => (i === 10 ? `${i},"never closed,x` : i === 5_010 ? `${i},5",y` : `${i},text,y`));
    const found = read(rows.join('\n'), 3);
    expect(found.length).toBe(6_000);
    expect(problems(found).filter((problem) => problem !== undefined)).toEqual(['unclosed_quote']);
    expect(scan(rows.join('\n')).mostLines).toBeGreaterThan(5_000);
  });

  test.each<[string, string, (CsvProblem | undefined)[]]>([
    ['text behind a closing quote', 'a,"b"c,d\n1,2,3\n', ['text_after_quote', undefined]],
    ['too few fields', 'a,b\n1,2,3\n', ['too_few_fields', undefined]],
    ['too many fields', 'a,b,c,d\n1,2,3', ['too_many_fields', undefined]],
    ['a NUL byte', 'a,b\0,c\n1,2,3\n', ['nul_byte', undefined]],
    ['the last line inside quotes', '1,2,3\na,b,"c', [undefined, 'unclosed_quote']],
    ['a stray quote in an unquoted field is text', 'a,5" pipe,c\n1,2,3\n', [undefined, undefined]],
    ['a record over several lines is one record', 'a,"b\r\nc\nd",e\n1,2,3\n', [undefined, undefined]],
    ['blank lines are no records', '\n\n1,2,3\n\r\n\n4,5,6\n\n', [undefined, undefined]],
  ])('%s', (_, text, expected) => {
    expect(problems(read(text))).toEqual(expected);
  });

  test('bytes that are not UTF-8 cost one record', () => {
    const found = read(Buffer.concat([Buffer.from('1,2,3\na,S'), Buffer.from([0xe3]), Buffer.from('o Paulo,b\n4,5,6\n')]));
    expect(problems(found)).toEqual([undefined, 'invalid_utf8', undefined]);
  });

  test('a line of 50 MB is set aside in bounded memory, and the next one is read', () => {
    const reader = new ExactCsvReader({ delimiter: ',', fields: 2 });
    const found: { row: number; length: number; kept: number; problem?: CsvProblem }[] = [];
    const sink: RecordSink = ({ row, length, from, to, problems: [problem] }) => { found.push({ row, length, kept: to - from, problem }); };
    reader.push(Buffer.from('1,2\nx,'), sink);
    const filler = Buffer.alloc(1_000_000, 0x61);
    for (let i = 0; i < 50; i++) reader.push(filler, sink);
    reader.push(Buffer.from('\r\n3,4\r\n'), sink);
    reader.finish(sink);
    expect(found).toEqual([
      { row: 1, length: 3, kept: 3, problem: undefined },
      { row: 2, length: 50_000_002, kept: 65_536, problem: 'too_long' },
      { row: 3, length: 3, kept: 3, problem: undefined },
    ]);
  });
});

describe('the scan', () => {
  test('tells line ends apart, counts blank lines, and marks records to be found again', () => {
    const scanning = new CsvScan({ delimiter: ',', fields: 2, markEvery: 2, start: { offset: 10, line: 2 } });
    scanning.push(Buffer.from('1,2\n"a\nb",c\r\n\n5,6\r7,8'));
    expect(scanning.end()).toMatchObject({
      records: 4, blankLines: 1, lineEnds: { lf: 2, crlf: 1, cr: 1 }, longestRecord: 7, mostLines: 2,
      marks: [{ row: 1, offset: 10, line: 2 }, { row: 3, offset: 24, line: 6 }],
    });
  });

  test('says what makes a count doubtful', () => {
    expect(scan('a,"b"c,d\n').irregularQuotes).toBe(1);
    expect(scan('a,b"c,d\n').irregularQuotes).toBe(1);
    expect(scan('a,"bc,d\n').unclosedQuote).toBe(true);
    expect(scan('a,b\n1,2,3\n').miscounted).toEqual([{ row: 1, offset: 0, line: 1, length: 3, fields: 2 }]);
    expect(scan(Buffer.from([0x61, 0xe3, 0x6f])).validUtf8).toBe(false);
    expect(scan(Buffer.from('日本語'), 1, [1, 1, 2, 1, 1]).validUtf8).toBe(true);
    expect(scan(Buffer.from('日本語').subarray(0, 8), 1).validUtf8).toBe(false);
  });
});
