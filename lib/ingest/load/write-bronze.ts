// Good rows into data files of a bronze table.
import { transformFunction, type DataFile, type PartitionSpec, type Table } from '../../lake/index.ts';
import { writeRows, type Session } from '../../lake/duckdb/index.ts';
import { keyVariablesSql } from '../privacy/pseudonym.ts';
import type { PrivacyKey } from '../privacy/keys.ts';
import { bringToTable, writingFolder } from '../tables/storage.ts';
import type { IngestContext } from '../types.ts';
import type { Origin } from './staged.ts';

export interface BronzeWrite {
  session: Session;
  table: Table;
  /** Gives the table's columns. */
  select: string;
  /** Of the files whose rows these are. */
  origins: readonly Origin[];
  /** For pseudonyms; undefined where the source has nothing personal. */
  key: PrivacyKey | undefined;
  signal?: AbortSignal;
}

/** Writes data files that no snapshot names yet. */
export async function writeBronze({ lake, temporaryFolder }: Pick<IngestContext, 'lake' | 'temporaryFolder'>, write: BronzeWrite): Promise<DataFile[]> {
  const { session, table, select, origins, key, signal } = write;
  if (key !== undefined) await session.run(keyVariablesSql(key));
  const common = { schema: table.schema, folder: writingFolder(table, temporaryFolder), select, compressionLevel: 1, signal, where: `bronze.${table.name.name}` };
  const partition = commonDay(table, origins);
  const files = partition === undefined
    ? await writeRows(session, { ...common, spec: table.spec })
    // All rows lie in one partition: nothing to sort by it, nothing to look up row by row.
    : (await writeRows(session, { ...common, spec: unpartitioned(table.spec) })).map((file) => ({ ...file, partition }));
  return bringToTable(lake, table, files);
}

/** The partition of all rows, where the table is partitioned by the day of ingestion and it is one day. */
function commonDay(table: Table, origins: readonly Origin[]): [number] | undefined {
  const [field] = table.spec.fields;
  const source = table.schema.fields.find(({ name }) => name === '_ingested_at');
  if (table.spec.fields.length !== 1 || field?.transform !== 'day' || field['source-id'] !== source?.id) return undefined;
  const day = transformFunction('day', 'timestamp');
  const days = new Set(origins.map(({ ingestedAt }) => day(ingestedAt)));
  const [only] = days;
  return days.size === 1 && typeof only === 'number' ? [only] : undefined;
}

export function unpartitioned(spec: PartitionSpec): PartitionSpec {
  return { 'spec-id': spec['spec-id'], fields: [] };
}
