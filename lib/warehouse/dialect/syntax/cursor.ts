// Walks over tokens and remembers what was expected, so that an error can say it.
import { MillraceError } from '../../../base/index.ts';
import { excerpt, place, syntaxError, tokenize, type Span, type Token, type TokenKind } from './tokens.ts';
import type { Expression, Name, Query } from './tree.ts';

/** Trino's reserved words: they name nothing unless quoted. */
const RESERVED = new Set(
  `ALTER AND AS BETWEEN BY CASE CAST CONSTRAINT CREATE CROSS CUBE CURRENT_CATALOG CURRENT_DATE CURRENT_PATH CURRENT_ROLE
  CURRENT_SCHEMA CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DEALLOCATE DELETE DESCRIBE DISTINCT DROP ELSE END ESCAPE EXCEPT
  EXECUTE EXISTS EXTRACT FALSE FOR FROM FULL GROUP GROUPING HAVING IN INNER INSERT INTERSECT INTO IS JOIN JSON_ARRAY JSON_EXISTS
  JSON_OBJECT JSON_QUERY JSON_TABLE JSON_VALUE LEFT LIKE LISTAGG LOCALTIME LOCALTIMESTAMP NATURAL NORMALIZE NOT NULL ON OR ORDER
  OUTER PREPARE RECURSIVE RIGHT ROLLUP SELECT SKIP TABLE THEN TRIM TRUE UESCAPE UNION UNNEST USING VALUES WHEN WHERE WITH`.split(/\s+/),
);

const SYMBOL_NAMES: Readonly<Record<string, string>> = { ',': 'a comma' };
/** What may stand nearly everywhere and is rarely what was meant. */
const SELDOM = new Set(['.', '(', 'AS', 'FOR', 'OVER']);

/** What was most likely meant: a phrase that begins like this, a word that is spelled nearly so; else all in the order of the grammar. */
function likely(expected: readonly string[], found: string): readonly string[] {
  const begun = expected.filter((each) => each.startsWith(`${found} `));
  if (begun.length > 0) return begun;
  const common = expected.filter((each) => !SELDOM.has(each));
  const letters = (word: string) => [...word].sort().join('');
  const misspelled = common.filter((each) => found.length > 2 && letters(each) === letters(found));
  return misspelled.length > 0 ? [...misspelled, ...common.filter((each) => each === ',')] : common.length > 0 ? common : expected;
}

/** The rules that refer to one another: queries hold expressions, and expressions queries. */
export interface Grammar {
  query: (cursor: Cursor) => Query;
  expression: (cursor: Cursor) => Expression;
  /** What stands on either side of a comparison. */
  operand: (cursor: Cursor) => Expression;
}

export class Cursor {
  readonly sql: string;
  readonly file: string | undefined;
  private readonly tokens: readonly Token[];
  private position = 0;
  private expected: string[] = [];

  readonly query: () => Query;
  readonly expression: () => Expression;
  readonly operand: () => Expression;

  constructor(sql: string, file: string | undefined, grammar: Grammar) {
    this.sql = sql;
    this.file = file;
    this.query = () => grammar.query(this);
    this.expression = () => grammar.expression(this);
    this.operand = () => grammar.operand(this);
    this.tokens = tokenize(sql, file);
  }

  get token(): Token {
    return this.tokens[this.position] as Token;
  }

  /** The token that many places ahead. */
  peek(ahead = 1): Token {
    return this.tokens[Math.min(this.position + ahead, this.tokens.length - 1)] as Token;
  }

  /** The token just read. */
  get previous(): Token {
    return this.tokens[Math.max(0, this.position - 1)] as Token;
  }

  next(): Token {
    const token = this.token;
    if (token.kind !== 'end') this.position++;
    this.expected = [];
    return token;
  }

  /** Is it this keyword or symbol? Remembers that it would have been welcome. */
  is(what: string): boolean {
    if (matches(this.token, what)) return true;
    this.mention(what);
    return false;
  }

  /** Are the next tokens these? Nothing is remembered. */
  looksLike(...what: string[]): boolean {
    return what.every((each, ahead) => matches(this.peek(ahead), each));
  }

  mention(what: string): void {
    if (!this.expected.includes(what)) this.expected.push(what);
  }

  /** Reads the keywords or symbols if they all stand here. */
  accept(...what: string[]): boolean {
    if (!this.looksLike(...what)) {
      this.mention(what.join(' '));
      return false;
    }
    for (const _ of what) this.next();
    return true;
  }

  expect(...what: string[]): Token {
    return this.accept(...what) ? this.previous : this.fail(what.join(' '));
  }

  expectKind(kind: TokenKind, meaning: string): Token {
    return this.token.kind === kind ? this.next() : this.fail(meaning);
  }

  /** Is a name possible here: a word that is not reserved, or a quoted one? */
  isName(): boolean {
    const { kind, value } = this.token;
    return kind === 'quoted' || (kind === 'word' && !RESERVED.has(value));
  }

  name(meaning = 'a name'): Name {
    if (this.isName()) {
      const token = this.next();
      return { text: token.kind === 'quoted' ? token.value : token.text.toLowerCase(), at: token.at };
    }
    return this.fail(meaning);
  }

  /** One or more, separated by commas. */
  list<T>(read: () => T): T[] {
    const items = [read()];
    while (this.accept(',')) items.push(read());
    return items;
  }

  /** From the start of that span to the end of the token just read. */
  since(from: Span): Span {
    return { ...from, end: this.previous.at.end };
  }

  /** An error at this token. `required` is what alone could stand here; else it is told what else would have been welcome. */
  fail(required?: string): never {
    const { at, kind, text, value } = this.token;
    const wanted = required === undefined ? likely(this.expected, value) : [required];
    const named = wanted.slice(0, 3).map((each) => SYMBOL_NAMES[each] ?? each);
    const expected = named.length > 1 ? `${named.slice(0, -1).join(', ')} or ${named.at(-1)}` : (named[0] ?? 'the end');
    throw syntaxError(this.sql, at, kind === 'end' ? 'the end' : text, expected, this.file);
  }

  /** A construct that is known, and not part of what we allow. */
  refuse(at: Span, what: string, todo?: string): never {
    throw refusal(this.sql, at, what, todo, this.file);
  }
}

/** `QUALIFY is not part of the SQL that is allowed here`, with the line and carets. */
export function refusal(sql: string, at: Span, what: string, todo?: string, file?: string): MillraceError {
  const message = `${what} is not part of the SQL that is allowed, at line ${at.line}, column ${at.column}\n${excerpt(sql, at)}`;
  return new MillraceError('unsupported', message, { where: place(at, file), todo: todo ?? 'docs/sql.md lists what is allowed' });
}

function matches({ kind, value }: Token, what: string): boolean {
  return (kind === 'word' || kind === 'symbol') && value === what;
}
