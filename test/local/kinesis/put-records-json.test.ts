// The quick way to read PutRecords gives what JSON.parse gives, or leaves it to that.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parsePutRecords } from '../../../lib/local/kinesis/server/put-records-json.ts';

const filler = 'A'.repeat(4096);
const aText = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }));
const aRecord = fc.record({
  Data: fc.base64String(),
  PartitionKey: aText,
  ExplicitHashKey: fc.option(fc.stringMatching(/^\d+$/), { nil: undefined }),
});
const aBody = fc.record({ StreamName: aText, Records: fc.array(aRecord, { maxLength: 5 }) });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return 'not JSON';
  }
}

it('reads what SDKs write as JSON.parse does', () => {
  fc.assert(
    fc.property(aBody, fc.constantFrom(undefined, 1, '\t'), (body, indent) => {
      const text = JSON.stringify({ ...body, StreamARN: filler }, undefined, indent);
      const found = parsePutRecords(Buffer.from(text));
      if (found === undefined) expect(text).toContain('\\');
      else expect(found).toEqual(JSON.parse(text));
    }),
  );
  const plain = { Records: Array.from({ length: 500 }, (_, at) => ({ Data: 'eA==', PartitionKey: `käse ${at} 😀` })), StreamName: 'events' };
  expect(parsePutRecords(Buffer.from(JSON.stringify(plain)))).toEqual(plain);
});

it('takes no JSON for granted: whatever is changed, cut or put in, it agrees with JSON.parse or stays out', () => {
  const change = fc.record({
    at: fc.nat(),
    remove: fc.integer({ min: 0, max: 3 }),
    put: fc.constantFrom('', '"', ',', ':', '{', '}', '[', ']', '\\', ' ', '1', 'null', '\n', '\u0001', '\\u0041', 'x', '}}', ']]'),
  });
  fc.assert(
    fc.property(aBody, fc.array(change, { minLength: 1, maxLength: 3 }), (body, changes) => {
      let text = JSON.stringify(body);
      for (const { at, remove, put } of changes) text = text.slice(0, at % text.length) + put + text.slice((at % text.length) + remove);
      const bytes = Buffer.concat([Buffer.from(text), Buffer.from(' '.repeat(4096))]);
      const found = parsePutRecords(bytes);
      // Control characters in base64 are let through here, and found out when it is decoded.
      if (found !== undefined && !JSON.stringify(found).includes('\\u0001') && !JSON.stringify(found).includes('\\n'))
        expect(parsed(bytes.toString())).toEqual(found);
    }),
    { numRuns: 1000 },
  );
});

it('leaves to JSON.parse what it does not know', () => {
  for (const text of [
    '[]',
    '{"StreamName":5}',
    '{"Records":{}}',
    '{"Records":[5]}',
    '{"__proto__":"a"}',
    '{"a":"b"} x',
    '{"a" "b"}',
    '{"a":"b",}',
    '{"Records":[{"Data":"a"},]}',
    '{"a":"b',
    '',
  ]) {
    expect(parsePutRecords(Buffer.from(text.padEnd(5000))), text).toBeUndefined();
  }
});
