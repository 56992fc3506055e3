// The validators of files (SQL) and of events (JavaScript) come from one plan: they must find the same, reason by reason.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  boolean, compileValidator, date, decimal, epochMs, failuresOf, id, integer, money, source, text, timestamp, validationPlan, validationSql, type Column, type Contract,
} from '../../lib/contracts/index.ts';
import { openDuckDb, rowsOf, textTable } from './duckdb.ts';

const everything = source('everything', {
  description: 'Every kind of column with every option.', owner: 'tests', version: '1.0', files: { names: [] }, timeZone: 'America/Sao_Paulo', currency: 'BRL',
  columns: {
    key: id(),
    maybe_id: id({ nullable: true }),
    code: id({ pattern: '[A-Z]{2}[0-9]*' }),
    customer: id({ nullable: true, canonical: 'integer' }),
    word: text(),
    note: text({ nullable: true }),
    status: text({ accepted: ['created', 'a|b', "it's", '100%'] }),
    mail: text({ nullable: true, pattern: '[^@ ]+@[^@ ]+' }),
    whole: integer(),
    count: integer({ min: 0, max: 120, nullable: true }),
    negative: integer({ min: -37, max: -5 }),
    loose: integer({ canonical: 'integer', nullable: true }),
    price: money({ min: 0 }),
    discount: money({ min: '-10.5', max: '99.99', nullable: true }),
    weight: decimal({ precision: 9, scale: 3 }),
    share: decimal({ precision: 4, scale: 4, round: true }),
    latitude: decimal({ precision: 17, scale: 14, round: true, min: -90, max: 90 }),
    flag: boolean({ nullable: true }),
    at: timestamp(),
    seen: timestamp({ nullable: true, formats: ['%m/%d/%Y %H:%M', '%d.%m.%Y %H:%M:%S', '%Y%m%d'], min: '2000-01-01', max: '2030-06-15 12:00:00' }),
    day: date({ formats: ['%d/%m/%Y', '%m/%d/%Y %H:%M'] }),
    born: date({ nullable: true, min: '1900-01-01', max: '2100-12-31' }),
    epoch: epochMs({ nullable: true }),
  },
  rules: {
    affordable: 'price <= 20 * coalesce(discount, 1) + 500 OR whole IS NULL',
    in_order: "day <= at OR seen > TIMESTAMP '2020-01-01 00:00:00'",
    spelled: "lower(word) <> 'bad' AND NOT (note LIKE '%x_y%') AND length(coalesce(note, '')) < 40",
    weighed: "CASE WHEN flag THEN weight > 0 WHEN count BETWEEN 3 AND 7 THEN abs(whole) * 2 - -1 > 5 ELSE upper(status) IN ('CREATED', 'A|B') END",
    coded: "starts_with(code, 'A') OR regexp_like(key, '^[a-f]+$') OR customer IS NULL OR born = DATE '2000-02-29'",
  },
});

const NASTY = [
  '', ' ', '  ', '0', '-0', '+0', '1', '5', '-5', '007', '+5', ' 5', '5 ', '5.', '.5', '5.0', '5.00', '17850.0', '1e3', '1E5', '1_000', '1,000', '1.000,5', '٣', '１２', '0x1F', 'NaN', 'Infinity', '--5', '+-5',
  '119', '120', '121', '-37', '-38', '-36', '-4', '99.99', '99.991', '-10.5', '-10.51', '90', '90.0', '90.00000000000001', '-90.000000000000004', '89.999999999999999', '0.99995', '0.99994', '0.12345', '-0.99995', '1.2345000', '1.23451',
  '9223372036854775807', '9223372036854775808', '-9223372036854775808', '-9223372036854775809', '999999999999999999', '1234567890123456789012345678901234567890', '0000000000000000000000000000000000000000007',
  '99999999999999.9999', '100000000000000', '99999999999999.99995', '0.000000000000000000000000000000000000000000001', '000123.4500000000000000000000000000000000000000000',
  'true', 'TRUE', 'False', 'yes', 'No', 't', 'Y', 'on', 'ja', 'created', 'Created', 'a|b', 'a', "it's", '100%', 'AB', 'AB12', 'ab', 'ABC', 'x_y', 'xay', 'x\ny', 'bad', 'BAD', 'Bad',
  '2017-10-02 10:56:33', '2017-10-02T10:56:33', '2017-10-02T10:56:33Z', '2017-10-02T10:56:33+02:00', '2017-10-02 10:56:33-0300', '2017-10-02 10:56:33+05', '2017-10-02 10:56', '2017-10-02 10:56Z', '2017-10-02', '2017-10-02 00:00:00',
  '2017-10-02 10:56:33.1', '2017-10-02 10:56:33.123456789', '2017-10-02 10:56:33.1234567890', '2017-10-02 10:56:33,5', '2017-10-02 24:00:00', '2016-12-31 23:59:60', '2017-02-30', '2017-02-30 10:00:00', '2017-02-29', '2016-02-29', '1900-02-29', '2000-02-29',
  '2018-02-17 23:30:00', '2018-11-04 00:30:00', '2017-13-01', '2017-00-10', '0000-01-01', '0001-01-01', '9999-12-31', '9999-12-31 23:59:59', '1899-12-31 23:59:59', '1900-01-01 00:00:00', '10000-01-01', '2017-1-2', '2017-10-02 10:56:33 UTC', '2017-10-02  10:56:33',
  '2017-10-02 10:56:33+14:00', '2017-10-02 10:56:33+14:30', '2017-10-02 10:56:33+15:00', '2017-10-02T23:59:59.999999-14:00', '12/1/2010 8:26', '12/01/2010 08:26', '2/29/2011 1:00', '2/29/2012 1:00', '13/1/2010 8:26', '1.2.2011 03:04:05', '20101201', '20100231',
  '1/12/2010', '31/12/2010', '12/31/2010 0:00', '12/31/2010 0:01', '30/2/2010', '1999-12-31 23:59:59', '2030-06-15 12:00:00', '2030-06-15 12:00:01', '2030-06-15T09:00:00-03:00', '2030-06-15T12:00:01-03:00', '1899-12-31', '2100-12-31', '2101-01-01', '2100-12-31 00:00',
  '1433221332117', '-1', '-2208988800001', '253402300800000', 'a@b', 'a@b c', 'a@b@c', '@', 'a@b\u001fc', '\u001f', 'a\u001fb', ' x', 'x ', '\tx', 'x\t', '\u00a0x', 'x\u00a0', 'x y', 'é', 'ÀÉ', 'e\u0301', '😀', 'İ', 'ß', '\ufeffx'.slice(1), '\r\n', '\n', '\0', "'", '"', '\\', '%', '_', '$', '{}',
];

/** A value that a column would take, roughly. */
function plausible(column: Column): fc.Arbitrary<string> {
  const day = fc.date({ min: new Date('1890-01-01'), max: new Date('2110-01-01'), noInvalidDate: true }).map((value) => value.toISOString());
  switch (column.kind) {
    case 'id':
    case 'text':
      return column.accepted !== undefined ? fc.constantFrom(...column.accepted) : fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.stringMatching(/^[A-C]{2}[0-9]{0,3}$/), fc.stringMatching(/^[1-9]{1,3}(\.0)?$/), fc.constantFrom('a@b', 'bad', 'axby'));
    case 'boolean':
      return fc.constantFrom('true', 'f', '1', 'NO');
    case 'timestamp':
      return fc.oneof(day.map((value) => value.slice(0, 19)), day, day.map((value) => `${value.slice(0, 10)} ${value.slice(11, 19)}-03:00`));
    case 'date':
      return day.map((value) => value.slice(0, 10));
    default:
      return fc.oneof(fc.integer({ min: -150, max: 150 }).map(String), fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String), fc.tuple(fc.integer({ min: -999, max: 999 }), fc.stringMatching(/^[0-9]{1,18}$/)).map(([whole, fraction]) => `${whole}.${fraction}`));
  }
}

/** A good value for each column, so that most rows have one fault or two. */
const GOOD: Record<string, string> = {
  key: 'abc', code: 'AB1', word: 'w', status: 'created', whole: '9', negative: '-7', price: '12.50', weight: '1.5', share: '0.25', latitude: '-23.5', at: '2018-05-01 10:00:00', day: '2018-04-01',
};

/** Rows with anything anywhere, and good rows with a few fields replaced. */
function rows(contract: Contract): fc.Arbitrary<Record<string, string | null>> {
  const field = ([name, column]: [string, Column]) => fc.oneof(
    { weight: 4, arbitrary: plausible(column) }, { weight: 3, arbitrary: fc.constantFrom(...NASTY) }, { weight: 1, arbitrary: fc.constantFrom(null, GOOD[name] ?? null) },
  );
  const columns = Object.entries(contract.columns);
  const anything = fc.record(Object.fromEntries(columns.map((entry) => [entry[0], field(entry)])));
  const replaced = fc.array(fc.constantFrom(...columns).chain((entry) => field(entry).map((value) => [entry[0], value] as const)), { maxLength: 3 });
  return fc.oneof(anything, replaced.map((fields) => ({ ...GOOD, ...Object.fromEntries(fields) })));
}

async function failuresBySql(contract: Contract, records: readonly Record<string, string | null>[]): Promise<string[][]> {
  const connection = await openDuckDb();
  const names = Object.keys(contract.columns);
  await textTable(connection, 'incoming', ['_at', ...names], records.map((record, at) => [String(at).padStart(6, '0'), ...names.map((name) => record[name] ?? null)]));
  const found = await rowsOf(connection, `SELECT _failures FROM (${validationSql(contract, 'incoming')}) ORDER BY _at`);
  connection.closeSync();
  return found.map(([failures]) => (failures as string[] | null) ?? []);
}

function failuresByJavaScript(contract: Contract, records: readonly Record<string, string | null>[]): string[][] {
  const validate = compileValidator(validationPlan(contract));
  return records.map((record) => validate(record).failures.map(({ reason }) => reason));
}

describe('the two validators of a contract', { timeout: 120_000 }, () => {
  it('find the same failures in the same order, whatever comes', async () => {
    const records = fc.sample(rows(everything), { numRuns: 1_500, seed: Number(process.env['MILLRACE_TEST_SEED'] ?? 20_180_217) });
    const [bySql, byJavaScript] = [await failuresBySql(everything, records), failuresByJavaScript(everything, records)];
    const different = records.flatMap((record, at) => (bySql[at]!.join() === byJavaScript[at]!.join() ? [] : [{ sql: bySql[at], js: byJavaScript[at], record }]));
    expect(different.slice(0, 3)).toEqual([]);
    expect(byJavaScript.filter((failures) => failures.length === 0).length).toBeGreaterThan(120);
    const known = failuresOf(validationPlan(everything)).map(({ reason }) => reason);
    expect(byJavaScript.flat().filter((reason) => !known.includes(reason))).toEqual([]);
  });

  it('find the same for each nasty value in each column', async () => {
    const records = Object.keys(everything.columns).flatMap((name) => NASTY.map((value) => ({ ...GOOD, [name]: value })));
    const [bySql, byJavaScript] = [await failuresBySql(everything, records), failuresByJavaScript(everything, records)];
    const different = records.flatMap((record, at) => (bySql[at]!.join() === byJavaScript[at]!.join() ? [] : [{ sql: bySql[at], js: byJavaScript[at], record }]));
    expect(different.slice(0, 5)).toEqual([]);
  });
});
