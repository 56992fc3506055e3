// Schemas: numbering, evolution by id, and what is refused.
import { describe, expect, it } from 'vitest';
import { changesTowards, newTableMetadata, textOfType, type ColumnDefinition, type Schema, type SchemaChange } from '../../../lib/lake/index.ts';
import { evolveSchema } from '../../../lib/lake/format/evolve.ts';
import { newSchema } from '../../../lib/lake/format/schema.ts';
import { newPartitionFields, newSortFields, parseTransformText } from '../../../lib/lake/format/partition.ts';

const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int', required: true },
  { name: 'price', type: 'decimal(9,2)', doc: 'In reals.' },
  { name: 'address', type: { type: 'struct', fields: [{ id: 0, name: 'city', required: false, type: 'string' }, { id: 0, name: 'zip', required: false, type: 'string' }] } },
  { name: 'tags', type: { type: 'list', 'element-id': 0, element: 'string', 'element-required': false } },
  { name: 'attributes', type: { type: 'map', 'key-id': 0, key: 'string', 'value-id': 0, value: { type: 'struct', fields: [{ id: 0, name: 'n', required: false, type: 'int' }] }, 'value-required': false } },
];
const { schema, lastColumnId } = newSchema(COLUMNS);
const evolve = (...changes: SchemaChange[]): Schema => evolveSchema(schema, lastColumnId, changes).schema;
const names = (of: Schema) => of.fields.map((field) => `${field.id} ${field.name}`);

it('ids go to the columns first, then to what is nested in them', () => {
  expect(names(schema)).toEqual(['1 id', '2 price', '3 address', '4 tags', '5 attributes']);
  expect(schema.fields[2]?.type).toMatchObject({ fields: [{ id: 6, name: 'city' }, { id: 7, name: 'zip' }] });
  expect(schema.fields[3]?.type).toMatchObject({ 'element-id': 8 });
  expect(schema.fields[4]?.type).toMatchObject({ 'key-id': 9, 'value-id': 10, value: { fields: [{ id: 11 }] } });
  expect(lastColumnId).toBe(11);
});

describe('changes that keep ids', () => {
  it('add gives a new id, also after a drop: a column that comes again is another column', () => {
    const { schema: after, lastColumnId: last } = evolveSchema(schema, lastColumnId, [{ op: 'drop', column: 'price' }, { op: 'add', column: { name: 'price', type: 'string' } }]);
    expect(names(after)).toEqual(['1 id', '3 address', '4 tags', '5 attributes', '12 price']);
    expect(last).toBe(12);
  });

  it('rename, move, widen, make optional, document', () => {
    const after = evolve(
      { op: 'rename', column: 'price', to: 'amount' }, { op: 'move', column: 'tags', place: { first: true } }, { op: 'move', column: 'address', place: { after: 'attributes' } },
      { op: 'widen', column: 'id', type: 'long' }, { op: 'make_optional', column: 'id' }, { op: 'widen', column: 'amount', type: 'decimal(18,2)' }, { op: 'document', column: 'id', doc: 'Key.' },
    );
    expect(names(after)).toEqual(['4 tags', '1 id', '2 amount', '5 attributes', '3 address']);
    expect(after.fields[1]).toEqual({ id: 1, name: 'id', required: false, type: 'long', doc: 'Key.' });
    expect(after.fields[2]?.type).toBe('decimal(18,2)');
  });

  it('inside of structs, lists and maps too', () => {
    const after = evolve(
      { op: 'add', column: { name: 'street', type: 'string' }, parent: 'address', place: { before: 'zip' } }, { op: 'drop', column: 'address.city' },
      { op: 'widen', column: 'attributes.value.n', type: 'long' }, { op: 'add', column: { name: 'nested', type: { type: 'list', 'element-id': 0, element: 'int', 'element-required': true } } },
    );
    expect(after.fields[2]?.type).toMatchObject({ fields: [{ id: 12, name: 'street' }, { id: 7, name: 'zip' }] });
    expect(textOfType(after.fields[4]?.type ?? 'int')).toBe('map<string, struct<n: long>>');
    expect(after.fields[5]).toMatchObject({ id: 13, type: { 'element-id': 14 } });
  });
});

describe('changes that would break readers or lose data are refused by name', () => {
  it.each<[string, SchemaChange, RegExp]>([
    ['narrowing', { op: 'widen', column: 'price', type: 'decimal(5,2)' }, /price cannot change from decimal\(9,2\) to decimal\(5,2\)/],
    ['another scale', { op: 'widen', column: 'price', type: 'decimal(12,4)' }, /price cannot change/],
    ['a struct to a primitive', { op: 'widen', column: 'address', type: 'string' }, /address cannot change from struct/],
    ['a required new column', { op: 'add', column: { name: 'n', type: 'int', required: true } }, /n cannot be added as required/],
    ['a name that is taken', { op: 'add', column: { name: 'PRICE', type: 'int' } }, /there is a column PRICE already/],
    ['a rename to a taken name', { op: 'rename', column: 'id', to: 'tags' }, /there is a column tags/],
    ['an unknown column', { op: 'drop', column: 'nope' }, /there is no column nope/],
    ['an unknown type', { op: 'add', column: { name: 'n', type: 'timestamp_ns' as 'int' } }, /timestamp_ns/],
    ['a decimal of 39 digits', { op: 'add', column: { name: 'n', type: 'decimal(39,2)' } }, /decimal\(39,2\)/],
  ])('%s', (_name, change, message) => {
    expect(() => evolve(change)).toThrow(message);
  });

  it('a key column cannot be dropped or made optional', () => {
    const keyed = newSchema(COLUMNS, ['id']);
    expect(keyed.schema['identifier-field-ids']).toEqual([1]);
    expect(() => evolveSchema(keyed.schema, 11, [{ op: 'drop', column: 'id' }])).toThrow(/part of the table's key/);
    expect(() => evolveSchema(keyed.schema, 11, [{ op: 'make_optional', column: 'id' }])).toThrow(/part of the table's key/);
    expect(() => newSchema(COLUMNS, ['price'])).toThrow(/price must be required/);
  });

  it('a table needs columns, each with a name of its own', () => {
    expect(() => newSchema([])).toThrow(/at least one column/);
    expect(() => newSchema([{ name: 'a', type: 'int' }, { name: 'A', type: 'int' }])).toThrow(/A is given twice/);
    expect(() => newSchema([{ name: '', type: 'int' }])).toThrow(/needs a name/);
  });
});

describe('changes towards wanted columns', () => {
  it('are those that lead there', () => {
    const { changes, refused } = changesTowards(schema, [
      { name: 'id', type: 'long', required: true }, { name: 'price', type: 'decimal(18,2)', doc: 'In reals, with cents.' }, ...COLUMNS.slice(2), { name: 'new', type: 'date' },
    ]);
    expect(refused).toEqual([]);
    expect(changes).toEqual([
      { op: 'widen', column: 'id', type: 'long' }, { op: 'widen', column: 'price', type: 'decimal(18,2)' }, { op: 'document', column: 'price', doc: 'In reals, with cents.' },
      { op: 'add', column: { name: 'new', type: 'date' } },
    ]);
  });

  it('name what stands in the way, and drop only when told to', () => {
    const wanted: ColumnDefinition[] = [{ name: 'id', type: 'string', required: true }, { name: 'price', type: 'decimal(9,2)', required: true }, { name: 'x', type: 'int', required: true }];
    expect(changesTowards(schema, wanted).refused).toEqual(['id cannot change from int to string', 'price cannot become required', 'x cannot be added as required']);
    expect(changesTowards(schema, [{ name: 'id', type: 'int', required: true }]).changes).toEqual([]);
    expect(changesTowards(schema, [{ name: 'id', type: 'int', required: true }], { dropOthers: true }).changes.map((change) => change.op)).toEqual(['drop', 'drop', 'drop', 'drop']);
  });
});

describe('partitioning and sorting are written as text', () => {
  it.each([
    ['customer_state', 'identity', 'customer_state'], ['month(order_date)', 'month', 'order_date'], ['Days(ts)', 'day', 'ts'], ['bucket(16, user_id)', 'bucket[16]', 'user_id'],
    ['truncate( 4 , zip )', 'truncate[4]', 'zip'], ['void(x)', 'void', 'x'],
  ])('%s', (text, transform, column) => {
    expect(parseTransformText(text)).toEqual({ transform, column });
  });

  it.each(['bucket(user_id)', 'bucket(0, id)', 'month(4, x)', 'week(ts)', 'month(ts', 'a, b', ''])('%s is refused', (text) => {
    expect(() => parseTransformText(text)).toThrow(/is not a partition or sort expression/);
  });

  it('names and ids of partition fields are those other engines give', () => {
    const fields = newPartitionFields(schema, ['bucket(16, id)', 'truncate(10, id)', 'address.city']);
    expect(fields).toEqual([
      { 'source-id': 1, 'field-id': 1000, name: 'id_bucket', transform: 'bucket[16]' },
      { 'source-id': 1, 'field-id': 1001, name: 'id_trunc', transform: 'truncate[10]' },
      { 'source-id': 6, 'field-id': 1002, name: 'address.city', transform: 'identity' },
    ]);
    expect(() => newPartitionFields(schema, ['tags'])).toThrow(/tags is a list/);
    expect(() => newPartitionFields(schema, ['id', 'id'])).toThrow(/given twice/);
    expect(() => newPartitionFields(schema, ['month(id)'])).toThrow(/month does not take/);
  });

  it('sort fields have a direction and a place for nulls', () => {
    expect(newSortFields(schema, ['id', 'price desc', 'bucket(4, id) asc nulls last'])).toEqual([
      { transform: 'identity', 'source-id': 1, direction: 'asc', 'null-order': 'nulls-first' },
      { transform: 'identity', 'source-id': 2, direction: 'desc', 'null-order': 'nulls-last' },
      { transform: 'bucket[4]', 'source-id': 1, direction: 'asc', 'null-order': 'nulls-last' },
    ]);
    expect(newTableMetadata({ columns: COLUMNS, sortBy: ['id'] }, '/t', 'u', 0)['default-sort-order-id']).toBe(1);
    expect(newTableMetadata({ columns: COLUMNS }, '/t', 'u', 0)['default-sort-order-id']).toBe(0);
  });
});
