"""The rows of an Arrow table as canonical texts."""
import pyarrow

from canonical import canonical


def canonical_of(arrow_type, value):
    """Arrow gives structs as dicts and maps as lists of pairs: structs become lists here, by the type."""
    if value is None:
        return None
    if pyarrow.types.is_struct(arrow_type):
        return [canonical_of(field.type, value[field.name]) for field in arrow_type]
    if pyarrow.types.is_map(arrow_type):
        return [[canonical_of(arrow_type.key_type, key), canonical_of(arrow_type.item_type, each)] for key, each in value]
    if pyarrow.types.is_list(arrow_type) or pyarrow.types.is_large_list(arrow_type):
        return [canonical_of(arrow_type.value_type, each) for each in value]
    return canonical(value)


def rows_of(table):
    return [[canonical_of(column.type, value) for column, value in zip(table.columns, row)] for row in zip(*(column.to_pylist() for column in table.columns))]
