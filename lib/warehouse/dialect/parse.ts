// Reads SQL text: is it one statement that we understand, and where is it wrong if not?
import { MillraceError } from '../../base/index.ts';
import { Cursor, type Grammar } from './syntax/cursor.ts';
import { expression, operand } from './syntax/expressions.ts';
import { query, statement } from './syntax/queries.ts';
import type { Query } from './syntax/tree.ts';

const GRAMMAR: Grammar = Object.freeze({ query, expression, operand });

export type Parsed<T> = { ok: true; tree: T } | { ok: false; error: MillraceError };

/**
 * Reads a single SELECT, VALUES or WITH statement.
 * @param options.file named in errors, as `file:line:column`
 * @returns the syntax tree, or an error: `bad_input` for what does not parse, `unsupported` for what Athena may know and we do not allow
 */
export function parseQuery(sql: string, options: { file?: string } = {}): Parsed<Query> {
  return attempt(() => queryOf(sql, options.file));
}

/** The trees of the last texts, by text: each is checked, searched for tables, rewritten and translated. Nobody changes a tree. */
const remembered = new Map<string, Query>();
const MOST_CHARACTERS = 500_000;
let characters = 0;

/** Like `parseQuery`, and throws the error. */
export function queryOf(sql: string, file?: string): Query {
  const known = remembered.get(sql);
  if (known !== undefined) return known;
  const tree = statement(new Cursor(sql, file, GRAMMAR));
  remembered.set(sql, tree);
  characters += sql.length;
  for (const [oldest] of remembered) {
    if (characters <= MOST_CHARACTERS) break;
    remembered.delete(oldest);
    characters -= oldest.length;
  }
  return tree;
}

function attempt<T>(read: () => T): Parsed<T> {
  try {
    return { ok: true, tree: read() };
  } catch (error) {
    if (error instanceof MillraceError) return { ok: false, error };
    throw error;
  }
}
