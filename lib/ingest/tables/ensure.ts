// Makes the tables that are not there yet, and lets those that are follow their contract.
import { MillraceError } from '../../base/index.ts';
import { bronzeColumns, BRONZE_PARTITIONING, type Contract } from '../../contracts/index.ts';
import {
  changesTowards, currentSchema, schemaChange, textOf, type ColumnDefinition, type Lake, type SchemaChange, type Table, type TableDefinition, type TableName,
} from '../../lake/index.ts';
import { bronzeTable, FILES, FILES_COLUMNS, REJECTED, REJECTED_COLUMNS } from './definitions.ts';

/** `bronze.<source>` with the contract's columns and these extra ones, all strings. */
export async function ensureBronze(lake: Lake, contract: Contract, extras: readonly string[] = []): Promise<Table> {
  const columns = [...bronzeColumns(contract), ...extras.map((name): ColumnDefinition => ({ name, type: 'string', doc: 'Not in the contract; came with a file.' }))];
  return ensureTable(lake, bronzeTable(contract.name), { columns, partitionBy: BRONZE_PARTITIONING });
}

export async function ensureRejected(lake: Lake): Promise<Table> {
  return ensureTable(lake, REJECTED, { columns: REJECTED_COLUMNS, partitionBy: ['source'] });
}

export async function ensureFiles(lake: Lake): Promise<Table> {
  return ensureTable(lake, FILES, { columns: FILES_COLUMNS });
}

/** All tables that files of a source are written to. */
export async function ensureSourceTables(lake: Lake, contract: Contract): Promise<void> {
  await ensureBronze(lake, contract);
  await ensureRejected(lake);
  await ensureFiles(lake);
}

/** Whoever comes first makes it; columns that it lacks are added at the end. */
async function ensureTable(lake: Lake, name: TableName, definition: TableDefinition): Promise<Table> {
  const table = await lake.findTable(name) ?? await lake.createTable(name, definition).catch(async (thrown: unknown) => {
    if (thrown instanceof MillraceError && thrown.code === 'conflict') return lake.loadTable(name);
    throw thrown;
  });
  const toChange = changesTowards(table.schema, definition.columns);
  if (toChange.refused.length > 0) {
    throw new MillraceError('conflict', `the table ${textOf(name)} does not fit any more: ${toChange.refused.join('; ')}`, {
      where: table.location, todo: 'Give the changed column another name in the contract (`as`), or move the table away.',
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
