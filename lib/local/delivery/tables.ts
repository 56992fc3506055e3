// The tables that a stream's records may go to: every contract that a stream feeds, since a record may name another type, and the quarantine.
import type { Contract } from '../../contracts/index.ts';
import { ensureSourceTables } from '../../ingest/index.ts';
import type { Lake, Table } from '../../lake/index.ts';
import { QUARANTINE } from './delivery.ts';
import { keepFewMetadataFiles } from './upkeep.ts';

export async function deliveryTables(lake: Lake, contracts: Iterable<Contract>): Promise<ReadonlyMap<string, Table>> {
  const tables = new Map<string, Table>();
  for (const contract of contracts) {
    if (contract.stream === undefined) continue;
    await ensureSourceTables(lake, contract);
    tables.set(contract.name, await lake.loadTable({ namespace: 'bronze', name: contract.name }));
  }
  tables.set(QUARANTINE, await lake.loadTable({ namespace: 'bronze', name: QUARANTINE }));
  for (const table of tables.values()) await keepFewMetadataFiles(table);
  return tables;
}
