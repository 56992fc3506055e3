// Walks over tokens and remembers what was expected, so that an error can say it.
import { MillraceError } from '../../../base/index.ts';
import { excerpt, place, syntaxError, tokenize, type Span, type Token, type TokenKind } from './tokens.ts';
import type { Name, Query } from './tree.ts';

/** Trino's reserved words: they name nothing unless quoted. */
const RESERVED = new Set(
  `ALTER AND AS BETWEEN BY CASE CAST CONSTRAINT CREATE CROSS CUBE CURRENT_CATALOG CURRENT_DATE CURRENT_PATH CURRENT_ROLE
  CURRENT_SCHEMA CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DEALLOCATE DELETE DESCRIBE DISTINCT DROP ELSE END ESCAPE EXCEPT
  EXECUTE EXISTS EXTRACT FALSE FOR FROM FULL GROUP GROUPING HAVING IN INNER INSERT INTERSECT INTO IS JOIN JSON_ARRAY JSON_EXISTS
  JSON_OBJECT JSON_QUERY JSON_TABLE JSON_VALUE LEFT LIKE LISTAGG LOCALTIME LOCALTIMESTAMP NATURAL NORMALIZE NOT NULL ON OR ORDER
  OUTER PREPARE RECURSIVE RIGHT ROLLUP SELECT SKIP TABLE THEN TRIM TRUE UESCAPE UNION UNNEST USING VALUES WHEN WHERE WITH`.split(/\s+/),
);

const SYMBOL_NAMES: Readonly<Record<string, string>> = { ',': 'a comma', '(': '(', ')': ')' };

export class Cursor {
  readonly sql: string;
  readonly file: string | undefined;
  private readonly tokens: readonly Token[];
  private position = 0;
  private expected: string[] = [];

  /** Reads the query that starts here: expressions hold queries, and queries expressions. */
  readonly query: () => Query;

  constructor(sql: string, file: string | undefined, readQuery: (cursor: Cursor) => Query) {
    this.sql = sql;
    this.file = file;
    this.query = () => readQuery(this);
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
    if (!this.accept(...what)) this.fail();
    return this.previous;
  }

  expectKind(kind: TokenKind, meaning: string): Token {
    if (this.token.kind === kind) return this.next();
    this.mention(meaning);
    return this.fail();
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
    this.mention(meaning);
    return this.fail();
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

  fail(): never {
    const { at, kind, text } = this.token;
    const wanted = this.expected.slice(0, 3).map((each) => SYMBOL_NAMES[each] ?? each);
    const expected = wanted.length > 1 ? `${wanted.slice(0, -1).join(', ')} or ${wanted.at(-1)}` : (wanted[0] ?? 'the end');
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
