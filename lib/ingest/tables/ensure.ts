// Makes the tables that are not there yet, and lets those that are follow their contract.
import { bronzeColumns, BRONZE_PARTITIONING, contractToJson, type Contract } from '../../contracts/index.ts';
import { ensureTable, type ColumnDefinition, type Lake, type Table } from '../../lake/index.ts';
import { CONTRACT_PROPERTY, followContract } from './follow-contract.ts';
import { bronzeTable, FILES, FILES_COLUMNS, REJECTED, REJECTED_COLUMNS } from './definitions.ts';

/** `bronze.<source>` with the contract's columns and these extra ones, all strings. */
export async function ensureBronze(lake: Lake, contract: Contract, extras: readonly string[] = []): Promise<Table> {
  const columns = [...bronzeColumns(contract), ...extras.map((name): ColumnDefinition => ({ name, type: 'string', doc: 'Not in the contract; came with a file.' }))];
  const properties = { [CONTRACT_PROPERTY]: contractToJson(contract) };
  const table = await ensureTable(lake, bronzeTable(contract.name), { columns, partitionBy: BRONZE_PARTITIONING, properties });
  await followContract(table, contract);
  return table;
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
