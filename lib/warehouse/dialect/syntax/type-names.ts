// Reads the names of types.
import type { Cursor } from './cursor.ts';
import type { TypeName } from './tree.ts';

/** `decimal(18, 4)`, `timestamp(6) with time zone`, `array(varchar)`, `double precision`. */
export function typeName(cursor: Cursor): TypeName {
  const first = cursor.expectKind('word', 'a type');
  const name = first.text.toLowerCase();
  if (name === 'double') cursor.accept('PRECISION');
  const args: (number | TypeName)[] = [];
  if (cursor.accept('(')) {
    args.push(
      ...cursor.list(() => {
        if (cursor.token.kind === 'integer') return Number(cursor.next().value);
        // A field of row(name type): only types are kept, rows are not supported further on.
        if (name === 'row' && cursor.peek().kind === 'word') cursor.next();
        return typeName(cursor);
      }),
    );
    cursor.expect(')');
  }
  const withTimeZone = (name === 'timestamp' || name === 'time') && cursor.accept('WITH', 'TIME', 'ZONE');
  if (name === 'timestamp' && !withTimeZone) cursor.accept('WITHOUT', 'TIME', 'ZONE');
  return { name, args, withTimeZone, at: cursor.since(first.at) };
}
