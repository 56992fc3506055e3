// Contracts and rows whose typed relation has been seen on a live Trino (recorded/typed.json; made by record-typed.ts).
import { boolean, bronzeColumns, date, decimal, epochMs, id, integer, money, source, text, timestamp, type Contract } from '../../lib/contracts/index.ts';

export interface TypedCase { contract: Contract; rows: (string | null)[][] }

const TIMES = [
  '2017-10-02 10:56:33', '2017-10-02T10:56:33', '2017-10-02 10:56', '2017-10-02T10:56:33.5', '2017-10-02 10:56:33.123456', '2017-10-02T10:56:33.123456789', '2017-10-02T10:56:33Z', '2017-10-02 10:56:33.25Z',
  '2017-10-02T10:56:33+02:00', '2017-10-02T10:56:33.999999999+0530', '2017-10-02 23:30:00-03', '2017-10-02T00:10:00+14:00', '2017-10-02T23:59:59.5-13:59',
  // Skipped and repeated hours of São Paulo, of London, and of Lord Howe (half an hour).
  '2018-02-17 22:59:59', '2018-02-17 23:00:00', '2018-02-17 23:30:00', '2018-02-18 00:00:00', '2018-11-03 23:59:59', '2018-11-04 00:00:00', '2018-11-04 00:59:59.999999', '2018-11-04 01:00:00',
  '2010-03-28 00:59:59', '2010-03-28 01:00:00', '2010-03-28 01:30:00', '2010-03-28 02:00:00', '2010-10-31 00:59:59', '2010-10-31 01:00:00', '2010-10-31 01:30:00', '2010-10-31 02:00:00',
  '2019-04-07 01:30:00', '2019-04-07 01:45:00', '2019-04-07 02:00:00', '2019-10-06 02:00:00', '2019-10-06 02:15:00', '2019-10-06 02:30:00',
  '1900-01-01 00:00:00', '1913-12-31 23:59:59', '1914-01-01 00:00:00', '1950-06-01 12:00:00', '1968-02-18 03:30:00', '1999-12-31 23:59:59', '2036-07-01 00:00:00', '2500-07-01 00:00:00', '9999-12-30 23:59:59.999999',
];

function times(name: string, timeZone: string): TypedCase {
  const contract = source(name, {
    description: 'Times.', owner: 'tests', version: '1.0', files: {}, timeZone,
    columns: { at: timestamp(), maybe: timestamp({ nullable: true }), spread: timestamp({ formats: ['%m/%d/%Y %H:%M', '%d.%m.%Y %H:%M:%S', '%Y%m%d'] }), epoch: epochMs({ nullable: true }) },
  });
  const spread = ['12/1/2010 8:26', '3/28/2010 01:30', '17.02.2018 23:30:00', '20181104', '2010-10-31 01:30:00', '2010-10-31T01:30:00Z'];
  const epochs = ['0', '-1', '1433221332117', '-86400001', '1518912000000', '253402300799999', '-2208988800000', ''];
  return { contract, rows: TIMES.map((at, row) => [at, row % 3 === 0 ? null : row % 3 === 1 ? '' : at, spread[row % spread.length]!, epochs[row % epochs.length]!]) };
}

const values: TypedCase = {
  contract: source('typed_values', {
    description: 'Values.', owner: 'tests', version: '1.0', files: {}, timeZone: 'UTC', currency: 'EUR',
    columns: {
      key: id({ canonical: 'integer', nullable: true }), word: text({ nullable: true }), whole: integer(), loose: integer({ canonical: 'integer' }), price: money(), share: decimal({ precision: 17, scale: 14, round: true }),
      flag: boolean({ nullable: true }), day: date({ formats: ['%d/%m/%Y', '%Y%m%d'] }),
    },
  }),
  rows: [
    ['17850.0', 'a', '0', '17', '0', '0', 'true', '2017-10-02'],
    ['17850', ' b ', '-0', '17.0', '-0.5', '-23.545621281152681', 'FALSE', '2017-10-02 00:00:00'],
    ['0017850.00', '', '+7', '-3.00', '12.3400000000', '0.000000000000005', 't', '2017-10-02T00:00'],
    ['', null, '0000000000000000000000000000000000000000000009', '0', '99999999999999.9999', '0.0000000000000049999', 'N', '31/12/2010'],
    [null, 'é', '9223372036854775807', '+5', '-99999999999999.9999', '-0.000000000000005', 'yes', '1/2/2010'],
    ['1', '\u00a0x', '-9223372036854775808', '5', '00012.50', '179.99999999999999499999999999', '', '20120229'],
    ['2', '😀', '-37', '8', '+1.5', '-179.999999999999995', null, '0001-01-01'],
    ['3', '%', '12', '8', '1', '12', '0', '9999-12-31'],
  ],
};

export const TYPED_CASES: readonly TypedCase[] = [
  times('times_sao_paulo', 'America/Sao_Paulo'), times('times_london', 'Europe/London'), times('times_lord_howe', 'Australia/Lord_Howe'), times('times_utc', 'UTC'), values,
];

/** Rows of a bronze table: the contract's columns, then where they came from. */
export function bronzeRows({ rows }: TypedCase): (string | null)[][] {
  return rows.map((row, at) => [...row, 'file.csv', 'f1', String(at + 1), '2026-01-01 00:00:00', '1.0']);
}

/** Bronze columns with Athena's types. */
export function bronzeTypes(contract: Contract): { name: string; type: string }[] {
  return bronzeColumns(contract).map(({ name, type }) => ({ name, type: type === 'long' ? 'bigint' : type === 'timestamp' ? 'timestamp(6)' : 'varchar' }));
}

/** A SELECT over the typed relation that shows every value as text, in one spelling that all engines have. */
export function asText(typed: string, columns: readonly { name: string; type: string }[]): string {
  return `SELECT ${columns.map(({ name }) => `CAST("${name}" AS varchar) AS "${name}"`).join(', ')} FROM (${typed}) AS t ORDER BY t."_row"`;
}
