// Reading events: every digit is kept, what is ambiguous is refused, and the quick way never finds what the close one would not.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEvent } from '../../../lib/ingest/events/index.ts';

const parse = (text: string) => parseEvent(Buffer.from(text));
const valuesOf = (text: string) => {
  const parsed = parse(text);
  return parsed.ok ? Object.fromEntries(Object.entries(parsed.record).map(([key, value]) => [key, typeof value === 'number' ? String(value) : value])) : parsed.problem;
};

describe('numbers keep the digits that were sent', () => {
  test.each([
    ['{"n":12345678901234567890}', '12345678901234567890'],
    ['{"n":12345678901234567000}', '12345678901234567000'],
    ['{"n":9007199254740993}', '9007199254740993'],
    ['{"n":0.12345678901234567890123}', '0.12345678901234567890123'],
    ['{"n":5.00000000000000000001}', '5.00000000000000000001'],
    ['{"n":1.10}', '1.10'],
    ['{"n":17}', '17'],
    ['{"n":-0}', '0'],
    ['{"n":-0.00}', '0.00'],
    ['{"n":1e3}', '1000'],
    ['{"n":1.5E3}', '1500'],
    ['{"n":-15e-3}', '-0.015'],
    ['{"n":1e21}', `1${'0'.repeat(21)}`],
    ['{"n":1700000000000}', '1700000000000'],
    ['{"n":0e999999999}', '0'],
  ])('%s', (text, digits) => expect(valuesOf(text)).toEqual({ n: digits }));

  test('a number with a monstrous exponent stands for no text, and costs no memory', () => {
    for (const text of ['{"n":1e999999999}', '{"n":1e-999999999}', '{"n":-1E401}']) expect(valuesOf(text)).toEqual({ n: {} });
  });

  test('a number without an exponent comes out as it went in, whatever its length', () => {
    fc.assert(fc.property(fc.stringMatching(/^-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?$/), (digits) => {
      const expected = /^-0(\.0+)?$/.test(digits) ? digits.slice(1) : digits;
      expect(valuesOf(`{"n":${digits}}`)).toEqual({ n: expected });
    }));
  });
});

describe('what is ambiguous or broken is refused by name', () => {
  test.each([
    ['{"a":1,"a":2}', 'duplicate_key'],
    ['{"a":1, "b":2 , "a" :1}', 'duplicate_key'],
    ['{"a":1,"\\u0061":2}', 'duplicate_key'],
    // The exponent makes the first text as short as if the key had not come twice.
    ['{"n":100000000,"a":1,"a":1}', 'duplicate_key'],
    ['{"n":1e9,"a":1,"a":1}', 'duplicate_key'],
    ['{"n":1e-9,"a":1,"a":1}', 'duplicate_key'],
    ['{"__proto__":1,"__proto__":2}', 'duplicate_key'],
    ['{"a":"\\ud800"}', 'invalid_utf8'],
    ['{"a":"\\udc00\\ud800"}', 'invalid_utf8'],
    ['{"a":"\\u0000"}', 'nul_byte'],
    ['', 'not_json'],
    ['{', 'not_json'],
    ['{"a":1}{', 'not_json'],
    ['{"a":NaN}', 'not_json'],
    ["{'a':1}", 'not_json'],
    ['\ufeff{"a":1}', 'not_json'],
    ['[]', 'not_an_object'],
    ['null', 'not_an_object'],
    ['"text"', 'not_an_object'],
    [`${'['.repeat(200_000)}${']'.repeat(200_000)}`, 'not_an_object'],
    ['['.repeat(500_000), 'not_json'],
  ])('%#', (text, problem) => expect(valuesOf(text)).toBe(problem));

  test('bytes that are not UTF-8', () => {
    for (const bytes of [[0xff], [0x7b, 0xc3, 0x28, 0x7d], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
      expect(parseEvent(Uint8Array.from(bytes))).toEqual({ ok: false, problem: 'invalid_utf8' });
    }
  });
});

test('keys of objects\' prototypes are keys like others', () => {
  const parsed = parse('{"__proto__":{"polluted":1},"constructor":"c","toString":"t"}');
  expect(parsed.ok && Object.keys(parsed.record)).toEqual(['__proto__', 'constructor', 'toString']);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('spaces and escapes change nothing', () => {
  const members = fc.dictionary(fc.string({ maxLength: 8 }), fc.oneof(fc.string({ unit: 'grapheme' }), fc.maxSafeInteger(), fc.boolean(), fc.constant(null)), { maxKeys: 8 });
  fc.assert(fc.property(members, fc.constantFrom(0, 1, '\t'), (object, space) => {
    fc.pre(!JSON.stringify(object).includes('\\u'));
    const escaped = JSON.stringify(object, null, space).replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
    expect(valuesOf(escaped)).toEqual(valuesOf(JSON.stringify(object)));
  }));
});

test('members that come twice are always found', () => {
  const member = fc.tuple(fc.constantFrom('a', 'b', 'cc', 'n'), fc.oneof(fc.constantFrom('1', '1e3', '100000', '1e-7', '0.001', '""', '"x"', 'null', 'true', '12345678901234567890'), fc.integer().map(String)));
  fc.assert(fc.property(fc.array(member, { maxLength: 6 }), (list) => {
    const twice = new Set(list.map(([key]) => key)).size < list.length;
    expect(valuesOf(`{${list.map(([key, json]) => `"${key}":${json}`).join(',')}}`) === 'duplicate_key').toBe(twice);
  }), { numRuns: 2000 });
});
