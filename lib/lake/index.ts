// The lake: Iceberg v2 tables on disk or on S3. This file is what others may import.
export type * from './types.ts';
export type * from './ports.ts';
export { Lake, openFolderLake, randomIds, textOf, type Ids, type LakeOptions } from './lake.ts';
export { Table } from './table.ts';
export { emptyCopy, newTableMetadata, type TableDefinition } from './definition.ts';
export type { ColumnDefinition } from './format/schema.ts';
export type { CommitOptions, CommitResult, PropertyChange } from './commit/operations.ts';
export type { ScanOptions, TableScan } from './scan/plan.ts';
export { LocalFiles } from './files/local.ts';
export { FolderCatalog } from './catalog/folder.ts';
export { catalogColumns } from './catalog/columns.ts';
export { fieldByName, findField, primitiveTypes } from './format/schema.ts';
export { parseTransformText, partitionFunction, typedPartitionFields, type TypedPartitionField } from './format/partition.ts';
export { bucketHash, transformFunction, transformResultType } from './format/transforms.ts';
export { compareValues, decimalShape, sameValue, tupleKey } from './format/values.ts';
export { currentSchema, currentSnapshot, defaultSpec, schemaById, snapshotById, specById } from './format/metadata.ts';
