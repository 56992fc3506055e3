// Regular expressions: the part of the syntax in which Trino's Joni and DuckDB's RE2 agree, written for RE2.

export interface Regex {
  /** The pattern for RE2, without a `$` at its end. */
  re2: string;
  /** Does it end with `$`? In Trino that also stands before a last line feed. */
  atEnd: boolean;
  groups: number;
  /** Groups that may take no part in a match: Trino gives NULL for them, DuckDB an empty string. */
  optionalGroups: ReadonlySet<number>;
  /** May it match nothing at all? The engines go on differently after an empty match. */
  matchesEmpty: boolean;
  /** Can a part of it match a line feed? */
  matchesLineFeed: boolean;
  /** Is there a `$` elsewhere? Then a match may hold a line feed that Trino leaves out. */
  innerDollar: boolean;
}

const ESCAPES: Readonly<Record<string, string>> = {
  d: '[0-9]', D: '[^0-9]', w: '[0-9A-Za-z_]', W: '[^0-9A-Za-z_]', s: '[\\t-\\r ]', S: '[^\\t-\\r ]', t: '\\t', n: '\\n', r: '\\r', f: '\\f',
};
/** What the same letters are inside brackets. */
const CLASS_ESCAPES: Readonly<Record<string, string>> = {
  d: '0-9', w: '0-9A-Za-z_', s: '\\t-\\r ', t: '\\t', n: '\\n', r: '\\r', f: '\\f',
};
const QUANTIFIER = /(?:[*+?]|\{\d+(?:,\d*)?\})/y;

/** Where Trino's `$` stands. */
export const LAST_LINE_END = '\\n?\\z';

class Reader {
  readonly text: string;
  at = 0;
  groups = 0;
  readonly optionalGroups = new Set<number>();
  innerDollar = false;
  namesEnd = false;
  matchesLineFeed = false;

  constructor(text: string) {
    this.text = text;
  }
}

/** Reads a pattern, or tells what in it the engines read differently. */
export function readRegex(pattern: string): Regex | string {
  const atEnd = /(?<!\\)(?:\\\\)*\$$/.test(pattern);
  const reader = new Reader(atEnd ? pattern.slice(0, -1) : pattern);
  try {
    const { re2, empty, branches } = alternatives(reader);
    if (reader.at < reader.text.length) return 'an unmatched )';
    if (atEnd && branches > 1) return 'a $ that belongs to one of several alternatives';
    const { groups, optionalGroups, innerDollar } = reader;
    // Joni then misses the empty match behind a character of several bytes.
    const looksForEnd = atEnd || innerDollar || reader.namesEnd;
    if (looksForEnd && empty && !(pattern.startsWith('^') && branches === 1)) return 'an end that nothing needs to stand before';
    return { re2, atEnd, groups, optionalGroups, matchesEmpty: empty, matchesLineFeed: reader.matchesLineFeed, innerDollar };
  } catch (error) {
    if (error instanceof Unclear) return error.message;
    throw error;
  }
}

class Unclear extends Error {}
interface Piece { re2: string; empty: boolean }

function alternatives(reader: Reader): Piece & { branches: number } {
  const branches: Piece[] = [];
  const firstGroup = reader.groups + 1;
  branches.push(sequence(reader));
  while (reader.text[reader.at] === '|') {
    reader.at++;
    branches.push(sequence(reader));
  }
  if (branches.length > 1) for (let group = firstGroup; group <= reader.groups; group++) reader.optionalGroups.add(group);
  return { re2: branches.map(({ re2 }) => re2).join('|'), empty: branches.some(({ empty }) => empty), branches: branches.length };
}

function sequence(reader: Reader): Piece {
  let re2 = '';
  let empty = true;
  while (reader.at < reader.text.length && !'|)'.includes(reader.text[reader.at] ?? '')) {
    const firstGroup = reader.groups + 1;
    const atom = oneAtom(reader);
    const quantifier = quantifierOf(reader);
    const mayMiss = quantifier !== undefined && /^(?:[*?]|\{0)/.test(quantifier);
    if (mayMiss) for (let group = firstGroup; group <= reader.groups; group++) reader.optionalGroups.add(group);
    if (quantifier !== undefined && atom.empty) throw new Unclear('a quantifier behind what may match nothing');
    re2 += atom.re2 + (quantifier ?? '');
    empty &&= atom.empty || mayMiss;
  }
  return { re2, empty };
}

function quantifierOf(reader: Reader): string | undefined {
  QUANTIFIER.lastIndex = reader.at;
  const match = QUANTIFIER.exec(reader.text);
  if (!match) {
    if (reader.text[reader.at] === '{') throw new Unclear('a { that is no quantifier');
    return undefined;
  }
  reader.at += match[0].length;
  const follower = reader.text[reader.at] ?? '';
  if (follower === '?') {
    reader.at++;
    return `${match[0]}?`;
  }
  if (follower !== '' && '+*{'.includes(follower)) throw new Unclear('a possessive or doubled quantifier');
  return match[0];
}

function oneAtom(reader: Reader): Piece {
  const character = String.fromCodePoint(reader.text.codePointAt(reader.at) ?? 0);
  reader.at += character.length;
  switch (character) {
    case '(':
      return group(reader);
    case '[':
      return { re2: characterClass(reader), empty: false };
    case '\\':
      return escape(reader);
    case '.':
      return { re2: '[^\\n]', empty: false };
    case '^':
      return { re2: '\\A', empty: true };
    case '$':
      reader.innerDollar = true;
      return { re2: LAST_LINE_END, empty: true };
    case '*':
    case '+':
    case '?':
    case '{':
      throw new Unclear(`a ${character} with nothing before it`);
    default:
      if (character === '\n') reader.matchesLineFeed = true;
      return { re2: character === ']' || character === '}' ? `\\${character}` : character, empty: false };
  }
}

function group(reader: Reader): Piece {
  let open = '(';
  if (reader.text[reader.at] === '?') {
    if (reader.text[reader.at + 1] !== ':') throw new Unclear('a group with (? other than (?:');
    reader.at += 2;
    open = '(?:';
  } else {
    reader.groups++;
  }
  const inner = alternatives(reader);
  if (reader.text[reader.at] !== ')') throw new Unclear('a ( that is never closed');
  reader.at++;
  return { re2: `${open}${inner.re2})`, empty: inner.empty };
}

function escape(reader: Reader): Piece {
  const letter = reader.text[reader.at] ?? '';
  reader.at++;
  if (letter === 'z') {
    reader.namesEnd = true;
    return { re2: '\\z', empty: true };
  }
  if (letter === 'A') return { re2: '\\A', empty: true };
  const known = ESCAPES[letter];
  if ('sDWn'.includes(letter)) reader.matchesLineFeed = true;
  if (known !== undefined) return { re2: known, empty: false };
  if (!/^[^A-Za-z0-9\s]$/.test(letter) || letter.charCodeAt(0) > 126) throw new Unclear(`the escape \\${letter}`);
  return { re2: `\\${letter}`, empty: false };
}

function characterClass(reader: Reader): string {
  let re2 = '[';
  if (reader.text[reader.at] === '^') {
    re2 += '^';
    reader.at++;
    reader.matchesLineFeed = true;
  }
  if (reader.text[reader.at] === ']') throw new Unclear('an empty pair of brackets');
  for (;;) {
    const character = String.fromCodePoint(reader.text.codePointAt(reader.at) ?? 0);
    if (reader.at >= reader.text.length) throw new Unclear('a [ that is never closed');
    reader.at += character.length;
    if (character === ']') return `${re2}]`;
    if (character === '[') throw new Unclear('a [ inside brackets');
    if (character === '&' && reader.text[reader.at] === '&') throw new Unclear('&& inside brackets');
    re2 += character === '\\' ? classEscape(reader) : character;
  }
}

function classEscape(reader: Reader): string {
  const letter = reader.text[reader.at] ?? '';
  reader.at++;
  const known = CLASS_ESCAPES[letter];
  if ('sn'.includes(letter)) reader.matchesLineFeed = true;
  if (known !== undefined) return known;
  if (!/^[^A-Za-z0-9\s]$/.test(letter)) throw new Unclear(`the escape \\${letter} inside brackets`);
  return `\\${letter}`;
}

/** Trino's replacement text (`$1`, `\$`) for RE2 (`\1`), its groups counted from `first`; or what is wrong with it. */
export function readReplacement(text: string, groups: number, first = 0): { re2: string } | string {
  let re2 = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    const follower = text[at + 1] ?? '';
    if (character === '\\') {
      if (follower !== '\\' && follower !== '$') return 'a \\ that is not before $ or \\';
      re2 += follower === '\\' ? '\\\\' : '$';
      at++;
    } else if (character === '$') {
      if (!/\d/.test(follower) || Number(follower) > groups || /\d/.test(text[at + 2] ?? '')) return 'a $ without the number of a group';
      re2 += `\\${Number(follower) + first}`;
      at++;
    } else {
      re2 += character;
    }
  }
  return { re2 };
}
