// Write, audit, publish: the files of a staging table, as they are to be published into its target.
import { MillraceError } from '../base/index.ts';
import { primitiveTypes } from './format/schema.ts';
import { currentSchema, currentSnapshot, defaultSpec, specById } from './format/metadata.ts';
import { DELETED } from './format/manifest.ts';
import { hasLiveFiles } from './scan/plan.ts';
import type { Table } from './table.ts';
import type { DataFile, PartitionSpec, TableMetadata } from './types.ts';

/**
 * Every live data file of a staging table that was made by `emptyCopy` of the target, with the target's spec id and sort order 0. Refused: a
 * staging with delete files (the deleted rows would come back), other field ids (values would land in other columns), another partitioning.
 */
export async function stagedFiles(staging: Table, target: Table): Promise<DataFile[]> {
  refuseOtherColumns(staging.metadata, target.metadata);
  const snapshot = currentSnapshot(staging.metadata);
  if (snapshot === undefined) return [];
  const { store } = staging.context;
  const manifests = (await store.readManifests(snapshot)).filter(hasLiveFiles);
  if (manifests.some((manifest) => manifest.content === 1)) {
    throw new MillraceError('unsupported', 'the staging table has delete files: publishing its data files alone would bring deleted rows back', {
      where: staging.location, todo: 'Compact the staging table first, or fill it without UPDATE, DELETE and MERGE.',
    });
  }
  const live = (await store.readAllEntries(manifests, staging.metadata)).flat().filter((entry) => entry.status !== DELETED);
  return live.map(({ file }) => adopted(file, staging.metadata, target.metadata));
}

function adopted(file: DataFile, from: TableMetadata, to: TableMetadata): DataFile {
  const spec = defaultSpec(to);
  if (!samePartitioning(specById(from, file.specId), spec)) {
    throw new MillraceError('conflict', 'the staged file has another partitioning than the table it is meant for', {
      where: file.path, todo: 'The target changed since the staging table was made: make it anew.',
    });
  }
  const { sortOrderId: _order, ...rest } = file;
  return { ...rest, specId: spec['spec-id'], sortOrderId: 0 };
}

function samePartitioning(left: PartitionSpec, right: PartitionSpec): boolean {
  const key = (spec: PartitionSpec) => JSON.stringify(spec.fields.map((field) => [field['source-id'], field['field-id'], field.transform]));
  return key(left) === key(right);
}

/** Every column that the staging table holds must be, by id, the target's column of that name, and of a type that it can hold. */
function refuseOtherColumns(from: TableMetadata, to: TableMetadata): void {
  const target = currentSchema(to);
  const types = primitiveTypes(target);
  for (const field of currentSchema(from).fields) {
    const same = target.fields.find((each) => each.id === field.id);
    if (same?.name === field.name && (typeof field.type !== 'string' || types.get(field.id) === field.type)) continue;
    throw new MillraceError('conflict', `the staged column ${field.name} (field ${field.id}, ${JSON.stringify(field.type)}) is not the target's`, {
      where: from.location, todo: 'Make the staging table anew, from the target as it is now.',
    });
  }
}
