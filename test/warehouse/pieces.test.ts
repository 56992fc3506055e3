// Small parts with laws of their own: intervals, fingerprints, types, terms of partitioning.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { athenaTypeOf, icebergTypeOf } from '../../lib/warehouse/index.ts';
import { parsePartitionTerm, parseSortTerm, splitTerms } from '../../lib/warehouse/models/partitioning.ts';
import { hashOf, normalisedSql } from '../../lib/warehouse/run/fingerprint.ts';
import { addIntervals, intervalsOf, intervalStart, union, type Intervals } from '../../lib/warehouse/run/intervals.ts';
import { schemaChanges } from '../../lib/warehouse/run/schema-change.ts';

const date = fc.integer({ min: 0, max: 1500 }).map((day) => new Date(Date.UTC(2016, 0, 1 + day)).toISOString().slice(0, 10));
const grain = fc.constantFrom('day' as const, 'month' as const, 'year' as const);
const holds = ({ ranges, withoutTime }: Intervals, at: string | null) =>
  (at === null ? withoutTime : ranges.some(({ from, to }) => (from === undefined || at >= from) && (to === undefined || at < to)));

describe('intervals', () => {
  it('hold exactly the days, months or years of the dates they are made of', () => {
    fc.assert(fc.property(fc.array(fc.option(date)), grain, fc.option(date), (dates, grain, probe) => {
      const expected = dates.some((each) => (each === null || probe === null ? each === probe : intervalStart(each, grain) === intervalStart(probe, grain)));
      expect(holds(intervalsOf(dates, grain), probe)).toBe(expected);
    }));
  });

  it('together hold what either holds, ascending and apart', () => {
    const open = fc.record({ from: fc.option(date, { nil: undefined }), to: fc.option(date, { nil: undefined }) }).map((range): Intervals => ({ ranges: [range], withoutTime: false }));
    const some = fc.oneof(open, fc.array(fc.option(date)).map((dates) => intervalsOf(dates, 'month')));
    const isSane = ({ ranges }: Intervals) => ranges.every(({ from, to }) => from === undefined || to === undefined || from < to);
    fc.assert(fc.property(some.filter(isSane), some.filter(isSane), date, (a, b, probe) => {
      const both = union(a, b);
      expect(holds(both, probe)).toBe(holds(a, probe) || holds(b, probe));
      both.ranges.forEach(({ from }, index) => expect(index === 0 || (both.ranges[index - 1]?.to ?? '9') < (from ?? '')).toBe(true));
    }));
  });

  it('step by whole months over the ends of years', () => {
    expect([addIntervals('2018-01-01', -1, 'month'), addIntervals('2018-12-01', 1, 'month'), addIntervals('2018-02-28', 1, 'day'), addIntervals('2018-01-01', 1, 'year')])
      .toEqual(['2017-12-01', '2019-01-01', '2018-03-01', '2019-01-01']);
  });
});

describe('a fingerprint', () => {
  it('does not see comments, layout or the order of keys, and does see what is inside quotes', () => {
    expect(normalisedSql('SELECT  a -- why\n FROM /* x */ t')).toBe(normalisedSql('SELECT a FROM t'));
    expect(normalisedSql("SELECT '-- a  b'")).not.toBe(normalisedSql("SELECT '-- a b'"));
    expect(hashOf({ a: 1, b: [2n] })).toBe(hashOf({ b: [2n], a: 1 }));
    expect(hashOf({ a: 1 })).not.toBe(hashOf({ a: 2 }));
  });
});

describe('types', () => {
  it.each(['boolean', 'integer', 'bigint', 'real', 'double', 'varchar', 'varbinary', 'date', 'timestamp(6)', 'timestamp(6) with time zone', 'decimal(18,4)', 'array(bigint)', 'map(varchar, double)', 'row(a integer, b array(varchar))'])(
    '%s survives the way to the table and back', (type) => {
      expect(athenaTypeOf(icebergTypeOf({ name: 'x', type }))).toBe(type);
    },
  );

  it('that a table cannot hold are refused by name', () => {
    expect(() => icebergTypeOf({ name: 'x', type: 'json' })).toThrow('column x has type json');
  });

  it('tell additions, widenings, changes and removals of columns apart', () => {
    const fields = [['a', 'int'], ['b', 'decimal(10,2)'], ['c', 'string']].map(([name = '', type], index) => ({ id: index + 1, name, required: false, type: type as 'int' }));
    expect(schemaChanges({ type: 'struct', 'schema-id': 0, fields }, [{ name: 'a', type: 'bigint' }, { name: 'b', type: 'decimal(10,3)' }, { name: 'd', type: 'date' }])).toEqual([
      { change: 'widened', column: 'a', from: 'integer', type: 'bigint' }, { change: 'retyped', column: 'b', from: 'decimal(10,2)', type: 'decimal(10,3)' },
      { change: 'added', column: 'd', type: 'date' }, { change: 'removed', column: 'c', from: 'varchar' },
    ]);
  });
});

describe('terms of a header', () => {
  it('are taken apart at commas outside parentheses', () => {
    expect(splitTerms(['bucket(4', 'id)', 'month(day), zone'])).toEqual(['bucket(4,id)', 'month(day)', 'zone']);
    expect(parsePartitionTerm('bucket(4, id)')).toEqual({ transform: 'bucket[4]', column: 'id' });
    expect(parsePartitionTerm('week(day)')).toBeUndefined();
    expect(parseSortTerm('day desc')).toEqual({ column: 'day', direction: 'desc', nullOrder: 'nulls-last' });
  });
});
