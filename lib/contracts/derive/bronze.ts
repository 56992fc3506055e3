// The bronze table of a source: every column as the text that came, and where and when it came.
import type { ColumnDefinition } from '../../lake/index.ts';
import { columnsOf } from '../source.ts';
import type { Contract } from '../types.ts';

/** A row's origin, behind the contract's columns. */
const ORIGIN: readonly ColumnDefinition[] = [
  { name: '_file', type: 'string', doc: 'Name of the file the row came from; NULL for the stream.' },
  { name: '_file_id', type: 'string', doc: 'SHA-256 of the decompressed bytes of that file.' },
  { name: '_row', type: 'long', doc: 'Number of the record in the file, from 1; the header does not count.' },
  { name: '_ingested_at', type: 'timestamp', doc: 'When it was ingested, UTC.' },
  { name: '_contract_version', type: 'string', doc: 'The version of the contract it was checked by.' },
];
const STREAM_ORIGIN: readonly ColumnDefinition[] = [
  { name: '_stream', type: 'string', doc: 'The stream the record came by; NULL for files.' },
  { name: '_shard', type: 'string' },
  { name: '_sequence', type: 'string' },
  { name: '_subsequence', type: 'string' },
];

/** Columns of `bronze.<source>`, in order. All are nullable: what must not be empty is checked before a row gets there. */
export function bronzeColumns(contract: Contract): ColumnDefinition[] {
  return [
    ...columnsOf(contract).map(({ name, column }): ColumnDefinition => {
      const doc = [column.description, column.pii === undefined ? undefined : `Pseudonym of a ${column.pii}.`].filter((part) => part !== undefined).join(' ');
      return { name, type: 'string', ...(doc === '' ? {} : { doc }) };
    }),
    ...ORIGIN,
    ...(contract.stream === undefined ? [] : STREAM_ORIGIN),
  ];
}

/** How bronze tables are partitioned. */
export const BRONZE_PARTITIONING: readonly string[] = Object.freeze(['day(_ingested_at)']);
