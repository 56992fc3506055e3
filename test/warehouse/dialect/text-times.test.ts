// Dates and times in text: the quick way for common spellings gives what the whole grammar gives, whatever the text.
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { Duck } from './support/duckdb.ts';

const duck = await Duck.open();
afterAll(() => duck.close());

const DATE = /^[\t-\r ]*[+]?[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2}[\t-\r ]*$/;
const TIME = /^[\t-\r ]*[+]?[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2}( [0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{1,6})?)?)?[\t-\r ]*$/;

const digits = (least: number, most: number) => fc.integer({ min: 0, max: 10 ** most - 1 }).map((n) => String(n).padStart(least, '0'));
const spelled = fc.tuple(
  fc.constantFrom('', '', '', ' ', '+', '-', '\t'), fc.constantFrom('2018', '0001', '0000', '9999', '12345', '44', '1970'), digits(2, 2), digits(2, 2),
  fc.constantFrom(' ', ' ', ' ', 'T', ' (BC) ', '  '), digits(2, 2), digits(2, 2), digits(2, 2), fc.constantFrom('', '', '.5', '.50', '.123456', '.1234567', '.'), fc.constantFrom('', '', '', ' ', 'Z', '+02', ' (BC)'),
).chain(([sign, year, month, day, gap, hour, minute, second, fraction, end]) => fc.constantFrom(
  `${sign}${year}-${month}-${day}${gap}${hour}:${minute}:${second}${fraction}${end}`, `${sign}${year}-${month}-${day}`, `${sign}${year}-${month}-${day}${end}`, `${year}-${month}-${day}${gap}${hour}:${minute}${end}`,
));
const valid = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 19).replace('T', ' '));
const text = fc.oneof(spelled, valid, valid.map((each) => each.slice(0, 10)), fc.constantFrom('infinity', '-infinity', 'epoch', '2018-01-01 24:00:00', '0044-03-15 (BC)', '0044-03-15 (BC) 10:00:00', '12345-01-01 10:00:00', ''));

it.each([['date', DATE], ['timestamp', TIME]] as const)('%s', async (type, grammar) => {
  await fc.assert(fc.asyncProperty(fc.array(text, { minLength: 50, maxLength: 50 }), async (texts) => {
    const rows = texts.map((each, at) => `(${at}, '${each}')`).join(', ');
    const cleaned = texts.map((each, at) => `(${at}, ${grammar.test(each) && !(type === 'timestamp' && each.includes(' 24:')) ? `'${each.trim().replace('+', '')}'` : 'NULL'})`).join(', ');
    const ours = await duck.run(`SELECT x, CAST(millrace_try_${type}(x, NULL) AS VARCHAR) FROM (VALUES ${rows}) AS t(n, x) ORDER BY n`);
    const whole = await duck.run(`SELECT CAST(TRY_CAST(x AS ${type}) AS VARCHAR) FROM (VALUES ${cleaned}) AS t(n, x) ORDER BY n`);
    expect(ours.rows.map(([, value]) => value)).toEqual(whole.rows.map(([value]) => value));
  }), { numRuns: 40 });
});
