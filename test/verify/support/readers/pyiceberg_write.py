"""Writes Iceberg tables with PyIceberg below a folder, and prints what PyIceberg reads of each: [{name, rows}]."""
import datetime
import decimal
import json
import sys
import uuid

import pyarrow
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.expressions import EqualTo, GreaterThan
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import BucketTransform, DayTransform, IdentityTransform, TruncateTransform
from pyiceberg.types import (
    BinaryType, BooleanType, DateType, DecimalType, DoubleType, FixedType, FloatType, IntegerType, ListType, LongType, MapType, NestedField, StringType, StructType,
    TimestampType, TimestamptzType, TimeType, UUIDType,
)

from arrow_rows import rows_of

warehouse = sys.argv[1]
catalog = SqlCatalog('local', uri=f'sqlite:///{warehouse}/catalog.db', warehouse=warehouse)
catalog.create_namespace('db')

TYPES = [
    ('id', LongType()), ('flag', BooleanType()), ('n', IntegerType()), ('f', FloatType()), ('d', DoubleType()), ('day', DateType()), ('t', TimeType()), ('ts', TimestampType()),
    ('tz', TimestamptzType()), ('s', StringType()), ('u', UUIDType()), ('b', BinaryType()), ('fx', FixedType(4)), ('d9', DecimalType(9, 2)), ('d38', DecimalType(38, 10)),
    ('st', StructType(NestedField(101, 'x y', IntegerType()), NestedField(102, 'z', StringType()))), ('li', ListType(103, LongType(), element_required=False)),
    ('ma', MapType(104, StringType(), 105, DoubleType(), value_required=False)),
]
SCHEMA = Schema(*(NestedField(at + 1, name, each, required=False) for at, (name, each) in enumerate(TYPES)))


def row(i):
    instant = datetime.datetime(1969, 12, 31, 20, 30, 0, 123456) + datetime.timedelta(hours=i)
    return {
        'id': i, 'flag': i % 2 == 0, 'n': i * 1000, 'f': i / 7, 'd': float('nan') if i % 10 == 3 else i / 3, 'day': instant.date(), 't': datetime.time(23, 59, 59, i), 'ts': instant,
        'tz': instant.replace(tzinfo=datetime.timezone.utc), 's': None if i % 5 == 4 else f'txt é😀 / {i % 7}', 'u': uuid.UUID(int=i).bytes, 'b': f'b{i}'.encode(), 'fx': i.to_bytes(4, 'big'),
        'd9': decimal.Decimal(i - 20).quantize(decimal.Decimal('0.01')), 'd38': decimal.Decimal(-i).quantize(decimal.Decimal('0.0000000001')),
        'st': None if i % 6 == 5 else {'x y': i, 'z': 'q'}, 'li': [i, None], 'ma': [('k', i / 4), ('n', None)],
    }


def arrow(table, numbers):
    return pyarrow.Table.from_pylist([row(i) for i in numbers], schema=table.schema().as_arrow())


SPECS = {
    'plain': PartitionSpec(),
    'by_day': PartitionSpec(PartitionField(8, 1000, DayTransform(), 'ts_day'), PartitionField(2, 1001, IdentityTransform(), 'flag')),
    'by_bucket': PartitionSpec(PartitionField(1, 1000, BucketTransform(4), 'id_bucket')),
    'by_text': PartitionSpec(PartitionField(10, 1000, TruncateTransform(5), 's_trunc')),
}
for name, spec in SPECS.items():
    table = catalog.create_table(f'db.{name}', SCHEMA, partition_spec=spec)
    table.append(arrow(table, range(30)))
    table.append(arrow(table, range(30, 50)))
    table.delete(EqualTo('id', 7))
    table.delete(GreaterThan('id', 45))
    table.overwrite(arrow(table, [100, 101]), overwrite_filter=EqualTo('id', 8))

table = catalog.create_table('db.evolved', SCHEMA)
table.append(arrow(table, range(10)))
with table.update_schema(allow_incompatible_changes=True) as update:
    update.update_column('n', field_type=LongType())
    update.rename_column('n', 'number')
    update.delete_column('s')
    update.rename_column(('st', 'x y'), 'renamed')
    update.add_column(('st', 'added'), DoubleType())
with table.update_schema() as update:
    update.add_column('s', IntegerType())

print(json.dumps([{'name': each[1], 'rows': rows_of(catalog.load_table(each).scan().to_arrow())} for each in catalog.list_tables('db')]))
