// Reads the name of a type as text: `decimal(18, 4)`.
import { MillraceError } from '../../../base/index.ts';
import { Cursor } from '../syntax/cursor.ts';
import { typeName } from '../syntax/type-names.ts';
import { typeOf, type SqlType } from './types.ts';

const parsed = new Map<string, SqlType>();

/** The type of a column as a catalogue names it. Throws unsupported for a type that we have none for. */
export function parseType(text: string): SqlType {
  const known = parsed.get(text);
  if (known) return known;
  const cursor = new Cursor(text, undefined, { query: noType, expression: noType, operand: noType });
  const type = typeOf(typeName(cursor));
  if (typeof type === 'string') throw new MillraceError('unsupported', type);
  parsed.set(text, type);
  return type;
}

function noType({ sql }: Cursor): never {
  throw new MillraceError('bad_input', `${sql} is no type`);
}
