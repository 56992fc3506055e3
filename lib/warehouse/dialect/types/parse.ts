// Reads the name of a type as text: `decimal(18, 4)`.
import { MillraceError } from '../../../base/index.ts';
import { Cursor } from '../syntax/cursor.ts';
import { typeName } from '../syntax/expressions.ts';
import { typeOf, type SqlType } from './types.ts';

const parsed = new Map<string, SqlType>();

/** The type of a column as a catalogue names it. Throws unsupported for a type that we have none for. */
export function parseType(text: string): SqlType {
  const known = parsed.get(text);
  if (known) return known;
  const cursor = new Cursor(text, undefined, () => {
    throw new MillraceError('bad_input', `${text} is no type`);
  });
  const type = typeOf(typeName(cursor));
  if (typeof type === 'string') throw new MillraceError('unsupported', type);
  parsed.set(text, type);
  return type;
}
