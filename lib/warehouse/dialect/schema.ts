// What the dialect must be told about the tables that a query reads.
import type { ResultColumn } from '../types.ts';
import type { TableReference } from './tables.ts';

/**
 * The columns of a table with Athena's types (`varchar`, `decimal(18,4)`, `timestamp(6)`), or undefined if there is no such table.
 * Hidden columns (`$path`) are not listed: they are known for every table, as varchar.
 */
export type SchemaProvider = (table: TableReference) => readonly ResultColumn[] | undefined;
