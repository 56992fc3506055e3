// Columns of the tables that neither a contract nor a model declares: models, queries and lineage know them before the first row is there.
import { FILES_COLUMNS, REJECTED_COLUMNS } from '../ingest/index.ts';
import type { ColumnDefinition } from '../lake/index.ts';
import { OPS_AUDITS, OPS_FORGOTTEN, OPS_LEDGER, OPS_RUNS } from '../quality/index.ts';
import { athenaTypeOf, type SystemTables } from '../warehouse/index.ts';

export const SYSTEM_TABLES: SystemTables = Object.freeze({
  'bronze.rejected': resultColumns(REJECTED_COLUMNS),
  'ops.files': resultColumns(FILES_COLUMNS),
  'ops.runs': resultColumns(OPS_RUNS.columns),
  'ops.ledger': resultColumns(OPS_LEDGER.columns),
  'ops.audits': resultColumns(OPS_AUDITS.columns),
  'ops.forgotten': resultColumns(OPS_FORGOTTEN.columns),
});

function resultColumns(columns: readonly ColumnDefinition[]): { name: string; type: string }[] {
  return columns.map(({ name, type }) => ({ name, type: athenaTypeOf(type) }));
}
