// Pruning must never lose a row: random rows, predicates and partitionings, against the rows themselves.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareValues, transformFunction, typedPartitionFields, type DataFile, type PartitionSpec, type Predicate, type PrimitiveType, type Schema, type Value } from '../../../lib/lake/index.ts';
import { truncateLower, truncateUpper } from '../../../lib/lake/format/truncate-bounds.ts';
import { bindPredicate } from '../../../lib/lake/scan/bound.ts';
import { allMustMatch, anyCanMatch, factsOfValue } from '../../../lib/lake/scan/evaluate.ts';
import { factsOfFile } from '../../../lib/lake/scan/facts.ts';
import { projectInclusively, projectStrictly } from '../../../lib/lake/scan/projection.ts';
import { TRANSFORMED, valueOf } from '../support/arbitraries.ts';

const schemaOf = (type: PrimitiveType): Schema => ({ type: 'struct', 'schema-id': 0, fields: [{ id: 1, name: 'c', required: false, type }] });

/** Values near each other, so that predicates and rows meet. */
function closeValue(type: PrimitiveType): fc.Arbitrary<Value> {
  switch (type) {
    case 'int': case 'date': return fc.integer({ min: -70, max: 70 });
    case 'long': case 'decimal(9,2)': case 'decimal(38,10)': return fc.bigInt({ min: -70n, max: 70n });
    case 'timestamp': case 'timestamptz': return fc.bigInt({ min: -100n, max: 100n }).map((hours) => hours * 1_800_000_000n + (hours % 3n) - 1n);
    case 'string': return fc.string({ unit: fc.constantFrom('a', 'b', '𝄞'), maxLength: 5 });
    case 'binary': return fc.uint8Array({ max: 3, maxLength: 5 });
    case 'double': return fc.constantFrom(-1.5, -0, 0, 1.5, 7, Number.NaN, Number.POSITIVE_INFINITY);
    default: return valueOf(type);
  }
}

function predicateOn(type: PrimitiveType): fc.Arbitrary<Predicate> {
  const value = closeValue(type);
  const leaf: fc.Arbitrary<Predicate> = fc.oneof(
    fc.record({ op: fc.constantFrom('eq', 'ne', 'lt', 'le', 'gt', 'ge'), column: fc.constant('c'), value }) as fc.Arbitrary<Predicate>,
    fc.record({ op: fc.constant('in' as const), column: fc.constant('c'), values: fc.array(value, { maxLength: 3 }) }),
    fc.record({ op: fc.constantFrom('is_null', 'not_null'), column: fc.constant('c') }) as fc.Arbitrary<Predicate>,
    fc.constantFrom<Predicate>({ op: 'true' }, { op: 'false' }),
  );
  return fc.letrec<{ any: Predicate }>((tie) => ({
    any: fc.oneof({ depthSize: 'small' }, leaf, fc.record({ op: fc.constantFrom('and', 'or'), of: fc.array(tie('any'), { minLength: 1, maxLength: 3 }) }) as fc.Arbitrary<Predicate>,
      fc.record({ op: fc.constant('not' as const), of: tie('any') })),
  })).any;
}

/** SQL's three values: true, false, or null for unknown. NaN is the greatest value, as in DuckDB. */
function evaluate(predicate: Predicate, row: Value | null): boolean | null {
  switch (predicate.op) {
    case 'true': return true;
    case 'false': return false;
    case 'not': {
      const inner = evaluate(predicate.of, row);
      return inner === null ? null : !inner;
    }
    case 'and': {
      const all = predicate.of.map((each) => evaluate(each, row));
      return all.includes(false) ? false : all.includes(null) ? null : true;
    }
    case 'or': {
      const all = predicate.of.map((each) => evaluate(each, row));
      return all.includes(true) ? true : all.includes(null) ? null : false;
    }
    case 'is_null': return row === null;
    case 'not_null': return row !== null;
    case 'in': return row === null ? (predicate.values.length === 0 ? false : null) : predicate.values.some((value) => order(row, value) === 0);
  }
  if (row === null) return null;
  const sign = order(row, predicate.value);
  return { eq: sign === 0, ne: sign !== 0, lt: sign < 0, le: sign <= 0, gt: sign > 0, ge: sign >= 0 }[predicate.op];
}

const order = (left: Value, right: Value) => (left === 0 && right === 0 ? 0 : compareValues(left, right));

describe('partitions are skipped only where no row of them matches', () => {
  it.each(TRANSFORMED)('%s by %s', (type, transform) => {
    const spec: PartitionSpec = { 'spec-id': 0, fields: [{ 'source-id': 1, 'field-id': 1000, name: 'p', transform }] };
    const partition = typedPartitionFields(spec, [schemaOf(type)]);
    const apply = transformFunction(transform, type);
    fc.assert(fc.property(fc.option(closeValue(type), { nil: null }), predicateOn(type), (row, predicate) => {
      const bound = bindPredicate(predicate, schemaOf(type));
      const factsOf = () => factsOfValue(apply(row));
      const matches = evaluate(predicate, row) === true;
      if (matches) expect(anyCanMatch(projectInclusively(bound, partition), factsOf)).toBe(true);
      if (!matches) expect(allMustMatch(projectStrictly(bound, partition), factsOf)).toBe(false);
    }), { numRuns: 300 });
  });
});

const FILE_TYPES: PrimitiveType[] = ['int', 'long', 'double', 'string', 'binary', 'timestamp', 'decimal(9,2)', 'boolean'];

describe('files are skipped only where no row of them matches, and counted as matching only where all do', () => {
  it.each(FILE_TYPES)('%s', (type) => {
    const rows = fc.array(fc.option(closeValue(type), { nil: null }), { minLength: 1, maxLength: 5 });
    fc.assert(fc.property(rows, predicateOn(type), fc.boolean(), fc.boolean(), (values, predicate, knowsNans, truncates) => {
      const facts = factsOfFile(fileOf(values, knowsNans, truncates ? 2 : 16), () => type === 'double');
      const bound = bindPredicate(predicate, schemaOf(type));
      const matching = values.filter((row) => evaluate(predicate, row) === true).length;
      if (matching > 0) expect(anyCanMatch(bound, facts)).toBe(true);
      if (matching < values.length) expect(allMustMatch(bound, facts)).toBe(false);
    }), { numRuns: 500 });
  });

  it('and they are skipped where bounds say so', () => {
    const facts = factsOfFile(fileOf([3, 5, null], true, 16));
    const can = (predicate: Predicate) => anyCanMatch(bindPredicate(predicate, schemaOf('int')), facts);
    expect([
      can({ op: 'lt', column: 'c', value: 3 }), can({ op: 'gt', column: 'c', value: 5 }), can({ op: 'eq', column: 'c', value: 6 }), can({ op: 'in', column: 'c', values: [1, 2, 9] }),
      can({ op: 'not', of: { op: 'lt', column: 'c', value: 9 } }), can({ op: 'le', column: 'c', value: 3 }), can({ op: 'is_null', column: 'c' }),
    ]).toEqual([false, false, false, false, false, true, true]);
    const noNulls = factsOfFile(fileOf([3, 5], true, 16));
    expect(anyCanMatch(bindPredicate({ op: 'is_null', column: 'c' }, schemaOf('int')), noNulls)).toBe(false);
    const withoutNanCounts = factsOfFile(fileOf([3, 5], false, 16), () => false);
    expect(anyCanMatch(bindPredicate({ op: 'ge', column: 'c', value: 6 }, schemaOf('int')), withoutNanCounts)).toBe(false);
    const onlyNulls = factsOfFile(fileOf([null, null], true, 16));
    expect(anyCanMatch(bindPredicate({ op: 'not_null', column: 'c' }, schemaOf('int')), onlyNulls)).toBe(false);
  });
});

function fileOf(values: (Value | null)[], knowsNans: boolean, length: number): DataFile {
  const isNan = (value: Value | null) => typeof value === 'number' && Number.isNaN(value);
  const present = values.filter((value): value is Value => value !== null && !isNan(value)).sort(compareValues);
  const lower = present.length === 0 ? undefined : truncateLower(present[0] as Value, length);
  const upper = present.length === 0 ? undefined : truncateUpper(present.at(-1) as Value, length);
  return {
    content: 0, path: '/f', format: 'PARQUET', specId: 0, partition: [], recordCount: BigInt(values.length), fileSizeInBytes: 1n,
    metrics: {
      columnSizes: {}, valueCounts: { 1: BigInt(values.length) }, nullValueCounts: { 1: BigInt(values.filter((value) => value === null).length) },
      ...(knowsNans ? { nanValueCounts: { 1: BigInt(values.filter(isNan).length) } } : {}),
      lowerBounds: lower === undefined ? {} : { 1: lower }, upperBounds: upper === undefined ? {} : { 1: upper },
    },
  };
}

it('a predicate that does not fit the schema is refused by name', () => {
  const schema = schemaOf('int');
  expect(() => bindPredicate({ op: 'eq', column: 'd', value: 1 }, schema)).toThrow(/no column d/);
  expect(() => bindPredicate({ op: 'eq', column: 'c', value: 'x' }, schema)).toThrow(/c is int, which cannot be compared with "x"/);
  expect(() => bindPredicate({ op: 'eq', column: 'c', value: 1 }, schemaOf('decimal(9,2)'))).toThrow(/cannot be compared/);
  expect(() => bindPredicate({ op: 'eq', column: 'c', value: 2n ** 70n }, schemaOf('long'))).toThrow(/cannot be compared/);
});
