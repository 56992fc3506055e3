// The typed values of a contract's columns as text in one spelling, in JavaScript: what `typedSelect` makes of bronze, for who reads events before bronze does.
import { columnsOf } from '../source.ts';
import type { Column, Contract } from '../types.ts';
import { canonicalReader } from './canonical-reader.ts';

export interface CanonicalColumn {
  /** The column's table name. */
  name: string;
  column: Column;
  /** From a valid text of bronze to: digits, with the type's decimals; `true`, `false`; `2018-01-31`; `2018-01-31 08:00:00.000000` in UTC. */
  canonical(text: string): string;
}

/** The columns of a contract in order, each with how its text is read. */
export function canonicalColumns(contract: Contract): CanonicalColumn[] {
  return columnsOf(contract).map(({ name, column }) => ({ name, column, canonical: canonicalReader(contract, name, column) }));
}
