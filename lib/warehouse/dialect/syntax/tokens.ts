// Splits SQL text into tokens that know where they stand.
import { MillraceError } from '../../../base/index.ts';

/** A stretch of the text: offsets in UTF-16 units, line and column of its start counted from 1. */
export interface Span { start: number; end: number; line: number; column: number }

export type TokenKind = 'word' | 'quoted' | 'string' | 'binary' | 'integer' | 'decimal' | 'double' | 'parameter' | 'symbol' | 'end';

export interface Token {
  kind: TokenKind;
  /** As written. */
  text: string;
  /** Words in upper case, quoted names and strings without quotes, parameters without the colon. */
  value: string;
  at: Span;
}

const PATTERNS: readonly (readonly [TokenKind | 'space', RegExp])[] = [
  ['space', /\s+|--[^\n]*|\/\*[^]*?\*\//y],
  ['binary', /[xX]'(?:[^']|'')*'/y],
  ['double', /(?:\d+(?:\.\d*)?|\.\d+)[eE][+-]?\d+/y],
  ['decimal', /\d+\.\d*|\.\d+/y],
  ['integer', /\d+/y],
  ['word', /[A-Za-z_][A-Za-z0-9_]*/y],
  ['quoted', /"(?:[^"]|"")*"/y],
  ['string', /'(?:[^']|'')*'/y],
  ['parameter', /:[A-Za-z_][A-Za-z0-9_]*/y],
  ['symbol', /<>|!=|<=|>=|\|\||->|=>|::|[=<>+\-*/%()[\],.;?:@&|^~!]/y],
];

const OPENS: Readonly<Partial<Record<TokenKind | 'space', RegExp>>> = {
  space: /[\s\-/]/, binary: /[xX]/, double: /[\d.]/, decimal: /[\d.]/, integer: /\d/, word: /[A-Za-z_]/, quoted: /"/, string: /'/, parameter: /:/,
};
/** The patterns that a token can match which starts with that character, of those in ASCII: trying all of them is most of the work. */
const BY_FIRST = Array.from({ length: 128 }, (_, code) => PATTERNS.filter(([kind]) => OPENS[kind]?.test(String.fromCharCode(code)) ?? true));

const VALUES: Partial<Record<TokenKind, (text: string) => string>> = {
  word: (text) => text.toUpperCase(),
  quoted: (text) => text.slice(1, -1).replaceAll('""', '"'),
  string: (text) => text.slice(1, -1).replaceAll("''", "'"),
  binary: (text) => text.slice(2, -1).replaceAll(/\s/g, '').toUpperCase(),
  parameter: (text) => text.slice(1),
};

const UNCLOSED: Readonly<Record<string, string>> = { "'": 'a string that is never closed', '"': 'a quoted name that is never closed' };

const NUMBERS: ReadonlySet<string> = new Set(['integer', 'decimal', 'double']);
const QUOTE_THE_NAME = 'put the name in double quotes: "orders$snapshots"';

/** Tokens of the text, the last of kind `end`. Throws bad_input for a character that SQL does not know, or an unclosed quote. */
export function tokenize(sql: string, file?: string): Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  let line = 1;
  let lineStart = 0;
  const span = (end: number): Span => ({ start: offset, end, line, column: offset - lineStart + 1 });
  while (offset < sql.length) {
    let found: { kind: TokenKind | 'space'; text: string } | undefined;
    for (const [kind, pattern] of BY_FIRST[sql.charCodeAt(offset)] ?? PATTERNS) {
      pattern.lastIndex = offset;
      if (!pattern.test(sql)) continue;
      found = { kind, text: sql.slice(offset, pattern.lastIndex) };
      break;
    }
    if (!found) {
      const character = sql[offset] ?? '';
      throw syntaxError(sql, span(offset + 1), UNCLOSED[character] ?? character, 'SQL', file, character === '$' ? QUOTE_THE_NAME : undefined);
    }
    const { kind, text } = found;
    if (NUMBERS.has(kind)) refuseNumberInName(sql, span, text, file);
    if (kind !== 'space') tokens.push({ kind, text, value: VALUES[kind]?.(text) ?? text, at: span(offset + text.length) });
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
      line++;
      lineStart = offset + at + 1;
    }
    offset += text.length;
  }
  tokens.push({ kind: 'end', text: '', value: 'the end', at: span(offset) });
  return tokens;
}

/** `1abc` and `1_000` are one token in Trino, and no number. */
function refuseNumberInName(sql: string, span: (end: number) => Span, number: string, file?: string): void {
  const { start } = span(0);
  const rest = /^[A-Za-z_][A-Za-z0-9_]*/.exec(sql.slice(start + number.length))?.[0];
  if (rest === undefined) return;
  throw syntaxError(sql, span(start + number.length + rest.length), number + rest, 'a number or a name', file, 'a name that starts with a digit stands in double quotes');
}

/** `the SQL does not parse at line 1, column 10: found FORM, expected FROM`, with the line and carets below it. */
export function syntaxError(sql: string, at: Span, found: string, expected: string, file?: string, todo?: string): MillraceError {
  const message = `the SQL does not parse at line ${at.line}, column ${at.column}: found ${found}, expected ${expected}`;
  return new MillraceError('bad_input', `${message}\n${excerpt(sql, at)}`, { where: place(at, file), ...(todo === undefined ? {} : { todo }) });
}

/** The line of text with carets under the span. */
export function excerpt(sql: string, at: Span): string {
  const lineStart = at.start - at.column + 1;
  const lineEnd = sql.indexOf('\n', at.start);
  const line = sql.slice(lineStart, lineEnd < 0 ? sql.length : lineEnd).trimEnd();
  // A long line is shown around the place that is meant.
  const from = line.length > 110 ? Math.max(0, at.column - 60) : 0;
  const shown = line.slice(from, from + 110);
  const pad = shown.slice(0, at.column - 1 - from).replaceAll(/[^\t]/g, ' ');
  const carets = '^'.repeat(Math.max(1, Math.min(at.end - at.start, shown.length - pad.length)));
  return `${shown}\n${pad}${carets}`;
}

/** `sql/gold/x.sql:12:5`, or `line 12, column 5` where there is no file. */
export function place(at: Span, file?: string): string {
  return file === undefined ? `line ${at.line}, column ${at.column}` : `${file}:${at.line}:${at.column}`;
}
