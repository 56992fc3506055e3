// LIKE and its ESCAPE. Trino refuses patterns, when the query runs, that DuckDB takes: here they are refused before.
import { coerced } from '../functions/comparison.ts';
import type { Expression, Like } from '../syntax/tree.ts';
import { originsOf, type Typed } from '../types/expression.ts';
import { BOOLEAN, nameOfType, VARCHAR } from '../types/types.ts';
import type { Context } from './context.ts';

export function like(context: Context, node: Like, inner: (each: Expression) => Typed): Typed {
  const parts = [node.value, node.pattern, ...(node.escape ? [node.escape] : [])].map(inner);
  const wrong = parts.find(({ type }) => type.kind !== 'varchar' && type.kind !== 'unknown');
  if (wrong) context.fail(node.at, `LIKE wants varchar, not ${nameOfType(wrong.type)}`);
  if (node.escape) checkEscape(context, node.pattern, node.escape);
  const [value, pattern, escape] = parts.map((each) => coerced(each, VARCHAR));
  const sql = `(${value} LIKE ${pattern}${escape === undefined ? '' : ` ESCAPE ${escape}`})`;
  return { sql: node.negated ? `(NOT ${sql})` : sql, type: BOOLEAN, from: originsOf(parts) };
}

/** The escape is one character, and stands only before `%`, `_` and itself. */
function checkEscape(context: Context, pattern: Expression, escape: Expression): void {
  const [text, mark] = [textOf(pattern), textOf(escape)];
  if (mark === undefined) context.refuse(escape.at, 'an ESCAPE that is no literal is not allowed', "write ESCAPE '\\'");
  if (mark.length !== 1) context.fail(escape.at, 'ESCAPE wants one character', "write ESCAPE '\\'");
  if (text === undefined) context.refuse(pattern.at, 'a pattern with ESCAPE that is no literal is not allowed', 'use strpos or starts_with, which know no wildcards');
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== mark) continue;
    at++;
    const escaped = text[at];
    if (escaped === '%' || escaped === '_' || escaped === mark) continue;
    context.fail(pattern.at, `the escape ${mark} stands before ${escaped ?? 'nothing'}`, `it may stand before %, _ and ${mark} only`);
  }
}

function textOf(node: Expression): string | undefined {
  return node.kind === 'literal' && node.type === 'string' ? node.text : undefined;
}
