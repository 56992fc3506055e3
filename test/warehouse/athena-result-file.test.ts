// Results as Athena leaves them in a file: every value comes back as it was, NULL beside the empty text.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseResultFile } from '../../lib/warehouse/athena/result-file.ts';

const parse = (text: string) => parseResultFile(Buffer.from(text));

describe('a result file of Athena', () => {
  it('has the names first, NULL for what is not there, and the empty text in quotes', () => {
    expect(parse('"id","name"\n"1","a"\n"2",\n,""\n')).toEqual([['id', 'name'], ['1', 'a'], ['2', undefined], [undefined, '']]);
  });

  it('may hold newlines, commas and quotes within values, end with or without a newline, and have lines that end as on Windows', () => {
    expect(parse('"a","b"\r\n"x\ny","1,""2"""\r\n"ü ✓",')).toEqual([['a', 'b'], ['x\ny', '1,"2"'], ['ü ✓', undefined]]);
  });

  it('gives back whatever was written', () => {
    const value = fc.option(fc.string({ unit: 'binary' }), { nil: undefined });
    const rows = fc.integer({ min: 1, max: 5 }).chain((width) => fc.array(fc.array(value, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 20 }))
      // A row of one NULL alone is an empty line.
      .filter((all) => all[0]!.length > 1 || all.every(([only]) => only !== undefined));
    fc.assert(fc.property(rows, (all) => {
      const known = all.map((row) => row.map((one) => (one === undefined ? undefined : Buffer.from(one).toString('utf8'))));
      const text = known.map((row) => `${row.map((one) => (one === undefined ? '' : `"${one.replaceAll('"', '""')}"`)).join(',')}\n`).join('');
      expect(parse(text)).toEqual(known);
    }));
  });

  it('that ends within a value is refused', () => {
    expect(() => parse('"a"\n"cut')).toThrow('ends within a value');
  });
});
