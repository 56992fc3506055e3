// Random values, metrics and files of every type, for property tests.
import fc from 'fast-check';
import type { ColumnMetrics, DataFile, PartitionSpec, PrimitiveType, Schema, Transform, Value } from '../../../lib/lake/index.ts';
import { typedPartitionFields } from '../../../lib/lake/index.ts';

export const ALL_TYPES: PrimitiveType[] = [
  'boolean', 'int', 'long', 'float', 'double', 'date', 'time', 'timestamp', 'timestamptz', 'string', 'uuid', 'binary', 'decimal(9,2)', 'decimal(38,10)', 'fixed[5]',
];

const int = fc.integer();
const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const text = fc.string({ unit: 'grapheme', maxLength: 12 });

export function valueOf(type: PrimitiveType): fc.Arbitrary<Value> {
  switch (type) {
    case 'boolean': return fc.boolean();
    case 'int': return int;
    case 'date': return fc.integer({ min: -100_000, max: 100_000 });
    case 'long': return long;
    case 'time': return fc.bigInt({ min: 0n, max: 86_399_999_999n });
    case 'timestamp': case 'timestamptz': return fc.bigInt({ min: -(2n ** 52n), max: 2n ** 53n });
    case 'float': return fc.float({ noNaN: true });
    case 'double': return fc.double({ noNaN: true });
    case 'string': return text;
    case 'uuid': return fc.uuid();
    case 'binary': return fc.uint8Array({ maxLength: 12 });
    case 'decimal(9,2)': return fc.bigInt({ min: -999_999_999n, max: 999_999_999n });
    case 'decimal(38,10)': return fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n });
    case 'fixed[5]': return fc.uint8Array({ minLength: 5, maxLength: 5 });
  }
  throw new Error(`no values of ${type}`);
}

/** A schema with one column of every type; ids count from 1. */
export const WIDE_SCHEMA: Schema = {
  type: 'struct', 'schema-id': 0,
  fields: ALL_TYPES.map((type, index) => ({ id: index + 1, name: `c${index + 1}`, required: false, type })),
};

const TRANSFORMS_OF: Partial<Record<PrimitiveType, Transform[]>> = {
  int: ['identity', 'bucket[7]', 'truncate[10]'],
  long: ['identity', 'bucket[7]', 'truncate[10]'],
  date: ['identity', 'year', 'month', 'day', 'bucket[3]'],
  timestamp: ['identity', 'year', 'month', 'day', 'hour', 'bucket[3]'],
  timestamptz: ['year', 'month', 'day', 'hour'],
  string: ['identity', 'bucket[7]', 'truncate[3]', 'void'],
  binary: ['identity', 'truncate[3]', 'bucket[7]'],
  uuid: ['identity', 'bucket[7]'],
  'decimal(9,2)': ['identity', 'truncate[50]', 'bucket[7]'],
  'decimal(38,10)': ['identity', 'bucket[7]'],
};

/** Every (type, transform) pair that the format allows and that is tried here. */
export const TRANSFORMED: [PrimitiveType, Transform][] = (Object.entries(TRANSFORMS_OF) as [PrimitiveType, Transform[]][])
  .flatMap(([type, transforms]) => transforms.map((transform): [PrimitiveType, Transform] => [type, transform]));

/** A spec that partitions by one column of every type. */
export const WIDE_SPEC: PartitionSpec = {
  'spec-id': 3,
  fields: WIDE_SCHEMA.fields.map((field, index) => ({
    'source-id': field.id, 'field-id': 1000 + index, name: index % 2 === 0 ? field.name : `p ${field.name}/ü`, transform: 'identity' as Transform,
  })),
};

const count = fc.bigInt({ min: 0n, max: 2n ** 62n });
const countMap = fc.dictionary(fc.constantFrom('1', '5', '10', '15'), count);

const bounds = fc.record(Object.fromEntries(WIDE_SCHEMA.fields.map((field) => [String(field.id), valueOf(field.type as PrimitiveType)])), { requiredKeys: [] });

export const anyMetrics: fc.Arbitrary<ColumnMetrics> = fc.record({
  columnSizes: countMap, valueCounts: countMap, nullValueCounts: countMap, nanValueCounts: fc.option(fc.dictionary(fc.constant('4'), count, { minKeys: 1 }), { nil: undefined }),
  lowerBounds: bounds, upperBounds: bounds,
}) as unknown as fc.Arbitrary<ColumnMetrics>;

export function partitionOf(spec: PartitionSpec, schema: Schema): fc.Arbitrary<(Value | null)[]> {
  return fc.tuple(...typedPartitionFields(spec, [schema]).map(({ resultType }) => fc.option(valueOf(resultType), { nil: null }))) as fc.Arbitrary<(Value | null)[]>;
}

export const anyDataFile: fc.Arbitrary<DataFile> = fc.record({
  content: fc.constant(0 as const),
  path: fc.string({ unit: 'grapheme', minLength: 1 }),
  format: fc.constant('PARQUET' as const),
  specId: fc.constant(WIDE_SPEC['spec-id']),
  partition: partitionOf(WIDE_SPEC, WIDE_SCHEMA),
  recordCount: count,
  fileSizeInBytes: count,
  metrics: anyMetrics,
  sortOrderId: fc.option(fc.nat(), { nil: undefined }),
  splitOffsets: fc.option(fc.array(count, { minLength: 1, maxLength: 4 }), { nil: undefined }),
});
