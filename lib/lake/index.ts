// The lake: Iceberg v2 tables on disk or on S3. This file is what others may import.
export type * from './types.ts';
export type * from './ports.ts';
