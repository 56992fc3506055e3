// The peer: one plain DuckDB script with the same statements. It reads the CSV files, writes a Parquet file a table, and proves,
// audits and remembers nothing.
import path from 'node:path';
import { readdirSync } from 'node:fs';
import { bronzeColumns, type Contract } from '../../lib/contracts/index.ts';
import { DUCKDB_PRELUDE, expandSources, bindParameters, Relations, toDuckDb, type Parameters, type Project } from '../../lib/warehouse/index.ts';
import { openFolderLake } from '../../lib/lake/index.ts';

const PARAMETERS: Parameters = {
  as_of: { type: 'date', value: '2018-10-18' },
  shop_currency: { type: 'varchar', value: 'BRL' },
  shop_time_zone: { type: 'varchar', value: 'America/Sao_Paulo' },
  now: { type: 'timestamp', value: '2026-01-01 00:00:00' },
};

/** SQL of the whole batch over the files in `landing`; tables go to `out` as Parquet. */
export async function peerScript(project: Project, landing: string, out: string): Promise<string> {
  const relations = new Relations(project, openFolderLake(path.join(out, 'no-lake')));
  const parquet = (table: string) => path.join(out, `${table}.parquet`);
  const statements = [...DUCKDB_PRELUDE];
  for (const contract of project.sources.values()) statements.push(copy(bronzeSelect(contract, landing), parquet(`bronze.${contract.name}`)));
  for (const model of project.models.values()) {
    const sql = bindParameters(expandSources(model.sql, project.sources), PARAMETERS);
    const columns = new Map(await Promise.all(model.reads.map(async (table) => [table, await relations.columnsOf(table)] as const)));
    statements.push(copy(toDuckDb(sql, {
      columns: ({ name }) => columns.get(name),
      relation: ({ name }) => `read_parquet('${parquet(name)}')`,
    }), parquet(model.name)));
  }
  return statements.join(';\n');
}

function copy(select: string, file: string): string {
  return `COPY (${select}\n) TO '${file}' (FORMAT parquet, COMPRESSION zstd)`;
}

function bronzeSelect(contract: Contract, landing: string): string {
  const columns = bronzeColumns(contract);
  const files = filesOf(path.join(landing, contract.name));
  const own = columns.filter(({ name }) => !name.startsWith('_')).map(({ name }) => name);
  if (files.length === 0) {
    return `SELECT ${columns.map(({ name, type }) => `NULL::${type === 'long' ? 'BIGINT' : type === 'timestamp' ? 'TIMESTAMP' : 'VARCHAR'} AS "${name}"`).join(', ')} WHERE false`;
  }
  const system: Record<string, string> = {
    _file: 'filename', _file_id: 'filename', _row: 'row_number() OVER ()', _ingested_at: "TIMESTAMP '2026-01-01 00:00:00'", _contract_version: "'1.0'",
  };
  return `SELECT ${[...own.map((name) => `"${name}"`), ...columns.filter(({ name }) => name.startsWith('_')).map(({ name }) => `${system[name] ?? 'NULL::VARCHAR'} AS "${name}"`)].join(', ')} `
    + `FROM read_csv([${files.map((file) => `'${file}'`).join(', ')}], all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', ignore_errors = true, filename = true)`;
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => path.join(folder, name));
  } catch {
    return [];
  }
}
