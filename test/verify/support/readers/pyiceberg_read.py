"""Reads Iceberg tables with PyIceberg. Standard input: [{metadata, filter?, snapshotId?, columns?}]; output: one JSON line a read, rows or an error."""
import json
import sys

from pyiceberg.table import StaticTable

from arrow_rows import rows_of

for read in json.load(sys.stdin):
    try:
        table = StaticTable.from_metadata(read['metadata'])
        options = {'row_filter': read['filter']} if 'filter' in read else {}
        if 'snapshotId' in read:
            options['snapshot_id'] = int(read['snapshotId'])
        if 'columns' in read:
            options['selected_fields'] = tuple(read['columns'])
        print(json.dumps({'rows': rows_of(table.scan(**options).to_arrow())}), flush=True)
    except Exception as error:  # noqa: BLE001 - reported to the test
        print(json.dumps({'error': f'{type(error).__name__}: {error}'}), flush=True)
