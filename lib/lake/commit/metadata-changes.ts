// Commits that change the table and add no snapshot: schema, partitioning, sort order, properties, references, rollback.
import { MillraceError } from '../../base/index.ts';
import { evolveSchema, refuseDroppedSource, type SchemaChange } from '../format/evolve.ts';
import { currentSchema, currentSnapshot, defaultSpec, snapshotById } from '../format/metadata.ts';
import { newPartitionFields, newSortOrder } from '../format/partition.ts';
import type { LakeContext } from '../lake.ts';
import type { PartitionField, PartitionSpec, Schema, Snapshot, SnapshotRef, TableMetadata } from '../types.ts';
import { checkpointsAt } from './carried.ts';
import { ancestors } from './history.ts';
import { commitWithRetry, type TableState } from './loop.ts';
import { withProperties } from './operations.ts';
import type { PropertyChange } from './options.ts';

/** Gives the metadata after the change, built on any base; the same object where there is nothing to change. */
export type MetadataChange = (metadata: TableMetadata) => TableMetadata;

/** Applies a change, again on each new base. Metadata that come out unchanged are not committed. */
export async function commitMetadata(context: LakeContext, start: TableState, change: MetadataChange, signal?: AbortSignal): Promise<TableState> {
  return commitWithRetry(context, start, {
    attempt: async ({ metadata }) => {
      const changed = change(metadata);
      if (changed === metadata) return 'done';
      return { metadata: { ...changed, 'last-updated-ms': Math.max(context.clock.now(), metadata['last-updated-ms']) } };
    },
    isIn: () => false, // where an answer is lost, the metadata file's own name tells; and to apply the change again does no harm
  }, signal);
}

export function schemaChange(changes: readonly SchemaChange[]): MetadataChange {
  return (metadata) => {
    const before = currentSchema(metadata);
    const { schema, lastColumnId } = evolveSchema(before, metadata['last-column-id'], changes);
    refuseDroppedSource(before, schema, defaultSpec(metadata).fields.map((field) => field['source-id']), 'what the table is partitioned by');
    const order = metadata['sort-orders'].find((each) => each['order-id'] === metadata['default-sort-order-id']);
    refuseDroppedSource(before, schema, (order?.fields ?? []).map((field) => field['source-id']), 'what the table is sorted by');
    const known = metadata.schemas.find((each) => sameFields(each, schema));
    if (known === before) return metadata;
    const id = known?.['schema-id'] ?? Math.max(...metadata.schemas.map((each) => each['schema-id'])) + 1;
    return {
      ...metadata,
      'last-column-id': lastColumnId,
      'current-schema-id': id,
      schemas: known === undefined ? [...metadata.schemas, { ...schema, 'schema-id': id }] : metadata.schemas,
    };
  };
}

function sameFields(left: Schema, right: Schema): boolean {
  return JSON.stringify([left.fields, left['identifier-field-ids'] ?? []]) === JSON.stringify([right.fields, right['identifier-field-ids'] ?? []]);
}

/** New files get the new partitioning; old files keep theirs. A field that an older spec has, with the same transform, keeps its id. */
export function partitioningChange(expressions: readonly string[]): MetadataChange {
  return (metadata) => {
    const schema = currentSchema(metadata);
    let last = metadata['last-partition-id'];
    const earlier = metadata['partition-specs'].flatMap((spec) => spec.fields);
    const fields = newPartitionFields(schema, expressions).map((field): PartitionField => {
      const known = earlier.find((each) => each['source-id'] === field['source-id'] && each.transform === field.transform);
      if (known !== undefined) return { ...field, 'field-id': known['field-id'] };
      last += 1;
      return { ...field, 'field-id': last };
    });
    for (const field of fields) refuseColumnName(field, schema);
    const same = metadata['partition-specs'].find((spec) => JSON.stringify(spec.fields) === JSON.stringify(fields));
    if (same?.['spec-id'] === metadata['default-spec-id']) return metadata;
    const spec: PartitionSpec = same ?? { 'spec-id': Math.max(...metadata['partition-specs'].map((each) => each['spec-id'])) + 1, fields };
    return {
      ...metadata,
      'default-spec-id': spec['spec-id'],
      'last-partition-id': last,
      'partition-specs': same === undefined ? [...metadata['partition-specs'], spec] : metadata['partition-specs'],
    };
  };
}

/** A partition may have a column's name only if it is that column, unchanged. */
function refuseColumnName(field: PartitionField, schema: Schema): void {
  const column = schema.fields.find((each) => each.name === field.name);
  if (column === undefined || (field.transform === 'identity' && column.id === field['source-id'])) return;
  throw new MillraceError('bad_input', `the partition would be called ${field.name}, as a column is`, { todo: 'Rename the column.' });
}

export function sortOrderChange(expressions: readonly string[]): MetadataChange {
  return (metadata) => {
    const next = Math.max(0, ...metadata['sort-orders'].map((order) => order['order-id'])) + 1;
    const order = newSortOrder(currentSchema(metadata), expressions, next);
    const known = metadata['sort-orders'].find((each) => JSON.stringify(each.fields) === JSON.stringify(order.fields));
    if (known?.['order-id'] === metadata['default-sort-order-id']) return metadata;
    return {
      ...metadata,
      'sort-orders': known === undefined ? [...metadata['sort-orders'], order] : metadata['sort-orders'],
      'default-sort-order-id': (known ?? order)['order-id'],
    };
  };
}

export function propertiesChange(change: PropertyChange): MetadataChange {
  return (metadata) => {
    const changed = withProperties(metadata, change);
    const isSame = JSON.stringify(Object.entries(changed.properties).sort()) === JSON.stringify(Object.entries(metadata.properties).sort());
    return isSame ? metadata : changed;
  };
}

/** Makes an ancestor the current snapshot again, with a stream's checkpoints as they were then. Later snapshots stay until they expire. */
export function rollbackChange(snapshotId: bigint, properties: (snapshot: Snapshot) => PropertyChange | undefined, nowMilliseconds: () => number): MetadataChange {
  return (metadata) => {
    if (metadata['current-snapshot-id'] === snapshotId) return metadata;
    const snapshot = ancestors(metadata).find((each) => each['snapshot-id'] === snapshotId);
    if (snapshot === undefined) {
      throw new MillraceError('not_found', `snapshot ${snapshotId} is not an ancestor of the current one`, { where: metadata.location, todo: 'Choose one from the table\'s history.' });
    }
    return withProperties(withProperties(withCurrentSnapshot(metadata, snapshot, nowMilliseconds()), checkpointsAt(metadata, snapshot)), properties(snapshot));
  };
}

function withCurrentSnapshot(metadata: TableMetadata, snapshot: Snapshot, nowMilliseconds: number): TableMetadata {
  const id = snapshot['snapshot-id'];
  return {
    ...metadata,
    'current-snapshot-id': id,
    'snapshot-log': [...metadata['snapshot-log'], { 'timestamp-ms': Math.max(nowMilliseconds, metadata['last-updated-ms']), 'snapshot-id': id }],
    refs: { ...metadata.refs, main: { ...metadata.refs['main'], 'snapshot-id': id, type: 'branch' } },
  };
}

export interface TagOptions {
  /** Default: the current snapshot. */
  snapshotId?: bigint;
  /** How long the tag keeps its snapshot from expiring; default: for ever. */
  maxAgeMilliseconds?: number;
}

/** Names a snapshot. A tag that exists is moved. */
export function tagChange(name: string, options: TagOptions): MetadataChange {
  return (metadata) => {
    if (name === 'main' || metadata.refs[name]?.type === 'branch') throw new MillraceError('bad_input', `${name} is a branch`);
    const snapshot = options.snapshotId === undefined ? currentSnapshot(metadata) : snapshotById(metadata, options.snapshotId);
    if (snapshot === undefined) {
      throw new MillraceError('not_found', options.snapshotId === undefined ? 'the table has no snapshot yet' : `there is no snapshot ${options.snapshotId}`, { where: metadata.location });
    }
    const ref: SnapshotRef = {
      'snapshot-id': snapshot['snapshot-id'], type: 'tag', ...(options.maxAgeMilliseconds === undefined ? {} : { 'max-ref-age-ms': options.maxAgeMilliseconds }),
    };
    return { ...metadata, refs: { ...metadata.refs, [name]: ref } };
  };
}

/** Forgets a tag or branch; `main` stays. */
export function removeRefChange(name: string): MetadataChange {
  return (metadata) => {
    if (name === 'main') throw new MillraceError('bad_input', 'the main branch cannot be removed');
    if (metadata.refs[name] === undefined) return metadata;
    const { [name]: _removed, ...refs } = metadata.refs;
    return { ...metadata, refs };
  };
}

export const upgradeFormat: MetadataChange = (metadata) => (metadata['format-version'] === 2 ? metadata : { ...metadata, 'format-version': 2 });
