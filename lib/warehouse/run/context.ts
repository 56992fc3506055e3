// What the steps of a model's run share, and the small words for tables and snapshots that they use.
import type { Clock } from '../../base/index.ts';
import { snapshotById, tableNameOf, type Lake, type Snapshot, type Table, type TableMetadata } from '../../lake/index.ts';
import type { Project } from '../models/project.ts';
import type { Relations } from '../models/relations.ts';
import type { Engine, Parameters } from '../types.ts';

export interface RunContext {
  project: Project;
  lake: Lake;
  engine: Engine;
  relations: Relations;
  clock: Clock;
  runId: string;
  /** `as_of`, `shop_currency`, `shop_time_zone`; `now`, `from` and `to` are added by the steps. */
  parameters: Parameters;
  signal?: AbortSignal;
}

export function findTable(lake: Lake, name: string): Promise<Table | undefined> {
  return lake.findTable(tableNameOf(name));
}

/**
 * The snapshot that last changed rows: compaction (`replace`) and what says that it keeps a model's state are passed over. Where an
 * ancestor is expired, the oldest that is still there.
 */
export function lastChange(metadata: TableMetadata): Snapshot | undefined {
  const current = metadata['current-snapshot-id'];
  let snapshot = current === undefined ? undefined : snapshotById(metadata, current);
  while (snapshot !== undefined && (snapshot.summary.operation === 'replace' || snapshot.summary[SUMMARY.keepsState] === 'true')) {
    const parent = snapshot['parent-snapshot-id'];
    const older = parent === undefined ? undefined : snapshotById(metadata, parent);
    if (older === undefined) return snapshot;
    snapshot = older;
  }
  return snapshot;
}

/** Entries of a published snapshot's summary. */
export const SUMMARY = Object.freeze({
  runId: 'millrace.run-id',
  model: 'millrace.model',
  fingerprint: 'millrace.fingerprint',
  definition: 'millrace.definition',
  /** JSON: table → snapshot id read, null where the table was empty or missing. */
  inputs: 'millrace.inputs',
  /** JSON: parameter → value. */
  parameters: 'millrace.parameters',
  /** `everything`, or which part, in words. */
  computed: 'millrace.computed',
  /** On a snapshot of another writer that leaves a model's state as it is, though it changes rows: a person's data forgotten. */
  keepsState: 'millrace.keeps-state',
});

/** What the last publication of a model says of itself. */
export interface PublishedState { fingerprint: string; definition: string; inputs: Record<string, string | null>; parameters: Record<string, string> }

/** undefined where nothing was published, or somebody else wrote last. */
export function publishedState(table: Table | undefined): PublishedState | undefined {
  const summary = table === undefined ? undefined : lastChange(table.metadata)?.summary;
  const [fingerprint, definition] = [summary?.[SUMMARY.fingerprint], summary?.[SUMMARY.definition]];
  if (summary === undefined || fingerprint === undefined || definition === undefined) return undefined;
  return {
    fingerprint,
    definition,
    inputs: JSON.parse(summary[SUMMARY.inputs] ?? '{}') as Record<string, string | null>,
    parameters: JSON.parse(summary[SUMMARY.parameters] ?? '{}') as Record<string, string>,
  };
}
