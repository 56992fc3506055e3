// source(): one declaration becomes a complete, frozen contract; what is left out gets the default that suits most sources.
import type { Column, Contract, FilePolicy, StreamPolicy } from './types.ts';

/** What a contract file says. Everything but these six has a default. */
export interface SourceDeclaration {
  /** What one row is, in a sentence. */
  description: string;
  /** The team that answers for it. */
  owner: string;
  /** `major.minor`; a change that breaks readers raises the first. */
  version: string;
  /** IANA zone: of local times in the source, and of its business dates. */
  timeZone: string;
  columns: Readonly<Record<string, Column>>;
  /** ISO 4217; needed where a column is money. */
  currency?: string;
  files?: { names?: readonly string[] } & Partial<Omit<FilePolicy, 'names'>>;
  stream?: Partial<StreamPolicy> & Pick<StreamPolicy, 'partitionKey'>;
  /** Business key, in table names (`invoice_no`, not `InvoiceNo`). Default none. */
  key?: readonly string[];
  /** Default: `key` with a key, else `none`. `first`: an id that producers may leave out, see `Contract`. */
  duplicates?: Contract['duplicates'];
  /** The column that says when it happened, by its table name. */
  eventTime?: string;
  /** Named conditions over table names; a row for which one is false is quarantined. */
  rules?: Readonly<Record<string, string>>;
  retentionDays?: number;
}

/**
 * Declares a source. The name is the bronze table's, the landing folder's and the stream records' `type`.
 *
 * Nothing is checked here, so that `loadContracts` can report every mistake with its file; whoever builds a contract by hand
 * calls `checkContract`.
 */
export function source(name: string, declaration: SourceDeclaration): Contract {
  const { files, stream, key = [], rules = {}, ...rest } = declaration;
  return Object.freeze({
    duplicates: key.length > 0 ? ('key' as const) : ('none' as const),
    ...rest,
    name,
    key: Object.freeze([...key]),
    rules: Object.freeze({ ...rules }),
    columns: Object.freeze({ ...declaration.columns }),
    ...(files === undefined
      ? {}
      : { files: Object.freeze({ format: 'csv' as const, extraColumns: stream === undefined ? 'evolve' as const : 'ignore' as const, missingColumns: 'null' as const, ...files, names: files.names ?? [] }) }),
    ...(stream === undefined ? {} : { stream: Object.freeze({ maxAgeDays: 7, maxFutureMinutes: 15, ...stream }) }),
  });
}

/** The name of a column in our tables: `as`, or the header in lower case. */
export function tableName(header: string, column: Column): string {
  return column.as ?? header.toLowerCase();
}

/** The columns of a contract in order: header, table name, declaration. */
export function columnsOf(contract: Contract): { header: string; name: string; column: Column }[] {
  return Object.entries(contract.columns).map(([header, column]) => ({ header, name: tableName(header, column), column }));
}
