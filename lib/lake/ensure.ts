// A table as a definition wants it: made where there is none, with the columns that it lacks where there is one.
import { MillraceError } from '../base/index.ts';
import { schemaChange } from './commit/metadata-changes.ts';
import type { TableDefinition } from './definition.ts';
import { changesTowards, type SchemaChange } from './format/evolve.ts';
import { currentSchema } from './format/metadata.ts';
import { textOf, type Lake } from './lake.ts';
import type { Table } from './table.ts';
import type { TableName } from './types.ts';

/**
 * Whoever comes first makes it; columns that it lacks are added at the end. Columns that it has beyond the definition stay.
 * @throws MillraceError `conflict` where a column has another type.
 */
export async function ensureTable(lake: Lake, name: TableName, definition: TableDefinition): Promise<Table> {
  const table = await lake.findTable(name) ?? await lake.createTable(name, definition).catch(async (thrown: unknown) => {
    if (thrown instanceof MillraceError && thrown.code === 'conflict') return lake.loadTable(name);
    throw thrown;
  });
  const toChange = changesTowards(table.schema, definition.columns);
  if (toChange.refused.length > 0) {
    throw new MillraceError('conflict', `the table ${textOf(name)} does not fit any more: ${toChange.refused.join('; ')}`, {
      where: table.location, todo: 'Give the changed column another name (`as` in a contract), or move the table away.',
    });
  }
  const isAddition = ({ op }: SchemaChange): boolean => op === 'add';
  if (toChange.changes.some(isAddition)) {
    // Compared anew on each base: another process may add the same columns at the same time.
    await table.change((metadata) => {
      const missing = changesTowards(currentSchema(metadata), definition.columns).changes.filter(isAddition);
      return missing.length === 0 ? metadata : schemaChange(missing)(metadata);
    });
  }
  return table;
}
