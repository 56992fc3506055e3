// The grammars: what a date is, what a number is, and that the quick patterns accept nothing that the bounds refuse.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimal, integer } from '../../lib/contracts/index.ts';
import { plainNumber } from '../../lib/contracts/grammar/numbers.ts';
import { rangePattern } from '../../lib/contracts/grammar/ranges.ts';
import { formatPattern, ISO_DATE, ISO_TIMESTAMP, parseFormat } from '../../lib/contracts/grammar/times.ts';
import { parseScaled, plainText } from '../../lib/contracts/values/numbers.ts';
import { isoOfFormat } from '../../lib/contracts/values/times.ts';

const whole = (pattern: string) => new RegExp(`^(?:${pattern})$`, 'u');

describe('numbers', () => {
  it('of a range are matched by its pattern, and no others', () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 30_000n }), fc.bigInt({ min: 0n, max: 30_000n }), fc.bigInt({ min: 0n, max: 40_000n }), (a, b, n) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      expect(whole(rangePattern(low, high)).test(String(n))).toBe(n >= low && n <= high);
    }), { numRuns: 3_000 });
  });

  it('that are plain are within the bounds, and common ones are plain', () => {
    const bound = fc.option(fc.integer({ min: -1_500, max: 1_500 }), { nil: undefined });
    const column = fc.tuple(bound, bound, fc.constantFrom(0, 2), fc.boolean()).filter(([a, b]) => a === undefined || b === undefined || a <= b)
      .map(([min, max, scale, round]) => (scale === 0 ? integer({ min, max }) : decimal({ precision: 9, scale, min, max, round })));
    fc.assert(fc.property(column, fc.integer({ min: -200_000, max: 200_000 }), fc.stringMatching(/^(\.[0-9]{1,4})?$/), (spec, integerPart, fraction) => {
      const text = `${integerPart}${fraction}`;
      const pattern = plainNumber(spec);
      const isPlain = pattern !== undefined && whole(pattern).test(text);
      const scale = spec.kind === 'integer' ? 0 : 2;
      const value = parseScaled(text, scale);
      const within = (spec.min === undefined || value >= parseScaled(String(spec.min), scale)) && (spec.max === undefined || value <= parseScaled(String(spec.max), scale));
      if (isPlain) expect(within).toBe(true);
      if (spec.kind === 'integer' && fraction === '' && within && text !== '0') expect(isPlain).toBe(true);
    }), { numRuns: 3_000 });
  });

  it('of JSON are written without an exponent', () => {
    expect([1e-7, 1.5e-10, -2.25e-8, 0, -12.5, 123456789012].map(plainText)).toEqual(['0.0000001', '0.00000000015', '-0.0000000225', '0', '-12.5', '123456789012']);
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(plainText(value)).not.toContain('e');
      expect(Number(plainText(value))).toBe(value === 0 ? 0 : value);
    }));
  });
});

describe('dates', () => {
  it('are those of the calendar, each and no other', () => {
    const iso = whole(ISO_DATE);
    for (const year of [1, 4, 100, 400, 1899, 1900, 1904, 1999, 2000, 2023, 2024, 2100, 2400, 9996, 9999]) {
      for (let month = 0; month <= 13; month++) {
        for (let day = 0; day <= 32; day++) {
          const text = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
          const real = month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
          expect(iso.test(text), text).toBe(real);
          expect(whole(ISO_TIMESTAMP).test(`${text}T10:00`), text).toBe(real && year >= 1900);
          expect(whole(formatPattern('%d/%m/%Y', 'date')).test(`${day}/${month}/${text.slice(0, 4)}`), text).toBe(real);
        }
      }
    }
    expect(iso.test('0000-01-01')).toBe(false);
  });

  it('in a declared format are read as they are written', () => {
    for (const format of ['%m/%d/%Y %H:%M', '%d.%m.%Y %H:%M:%S', '%Y%m%d', '%Y/%m/%d', '%H:%M %d-%m-%Y']) {
      fc.assert(fc.property(fc.date({ min: new Date('1950-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }), (value) => {
        const iso = value.toISOString();
        const part = { Y: iso.slice(0, 4), m: iso.slice(5, 7), d: iso.slice(8, 10), H: iso.slice(11, 13), M: iso.slice(14, 16), S: iso.slice(17, 19) };
        const tokens = parseFormat(format);
        const text = tokens.map((token) => ('literal' in token ? token.literal : part[token.directive])).join('');
        expect(whole(formatPattern(format, 'timestamp')).test(text)).toBe(true);
        const clock = `${format.includes('%H') ? part.H : '00'}:${format.includes('%M') ? part.M : '00'}:${format.includes('%S') ? part.S : '00'}`;
        expect(isoOfFormat(text, tokens)).toBe(`${iso.slice(0, 10)} ${clock}`);
      }), { numRuns: 50 });
    }
  });

  it('in formats that engines read differently are refused by name', () => {
    expect(() => parseFormat('%d %b %Y')).toThrow('uses %b');
    expect(() => parseFormat('%m/%d/%y')).toThrow('uses %y');
    expect(() => parseFormat('%H:%M')).toThrow('does not name year, month and day');
  });
});
