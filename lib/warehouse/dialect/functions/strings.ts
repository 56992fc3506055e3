// Functions of text and bytes.
import { failure, literalInteger, literalText, type Typed } from '../types/expression.ts';
import { VARBINARY } from '../types/types.ts';
import { quoteString } from '../literals.ts';
import { LAST_LINE_END, readRegex, readReplacement, type Regex } from './regex.ts';
import { fill, scalar, type Complaint, type FunctionRow, type Translated } from './rows.ts';

/** What Trino's trim takes away: the white space of Unicode but for the spaces that do not break. */
const WHITE_SPACE = quoteString(
  '\t\n\u000B\f\r\u001C\u001D\u001E\u001F \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200A\u2028\u2029\u205F\u3000',
);

const REGEX_NOTE =
  'the pattern is a literal, in the part of the syntax that both engines read alike: no (?i), look-around, back-references, \\b, \\p, [[:alpha:]]';

export const STRINGS: readonly FunctionRow[] = [
  scalar('length(varchar) → bigint', 'length($1)', { note: 'code points' }),
  scalar('length(varbinary) → bigint', 'octet_length($1)'),
  scalar('lower(varchar) → varchar', 'lower($1)'),
  scalar('upper(varchar) → varchar', 'millrace_upper($1)', { note: 'ß stays' }),
  ...['trim', 'ltrim', 'rtrim'].map((name) =>
    scalar([`${name}(varchar) → varchar`, `${name}(varchar, varchar) → varchar`], ([x, characters]) =>
      `${name}(${x?.sql}, ${characters?.sql ?? WHITE_SPACE})`)),
  scalar(['substr(varchar, bigint) → varchar', 'substr(varchar, bigint, bigint) → varchar'], substring, {
    note: 'counts from 1, or from the end; also written substring(x FROM n FOR m)',
  }),
  scalar('strpos(varchar, varchar) → bigint', 'strpos($1, $2)', { note: 'also written position(part IN text)' }),
  scalar('starts_with(varchar, varchar) → boolean', 'starts_with($1, $2)'),
  scalar("replace(varchar, 'part') → varchar", nonEmpty("replace($1, $2, '')")),
  scalar("replace(varchar, 'part', varchar) → varchar", nonEmpty('replace($1, $2, $3)')),
  scalar('concat(varchar, varchar...) → varchar', (args) => `(${args.map(({ sql }) => sql).join(' || ')})`, { note: 'NULL if any part is' }),
  scalar('concat_ws(varchar, varchar...) → varchar', (args) => `concat_ws(${args.map(({ sql }) => sql).join(', ')})`, { note: 'leaves out NULLs' }),
  scalar("split(varchar, 'separator') → array(varchar)", nonEmpty('string_split($1, $2)')),
  scalar("split_part(varchar, 'separator', bigint) → varchar", splitPart),
  scalar("lpad(varchar, bigint, 'padding') → varchar", padded('lpad')),
  scalar("rpad(varchar, bigint, 'padding') → varchar", padded('rpad')),
  scalar('translate(varchar, varchar, varchar) → varchar', 'translate($1, $2, $3)'),
  scalar('chr(bigint) → varchar', character, { note: 'of a literal' }),
  scalar('regexp_like(varchar, \'pattern\') → boolean', regexLike, { note: REGEX_NOTE }),
  scalar(['regexp_extract(varchar, \'pattern\') → varchar', 'regexp_extract(varchar, \'pattern\', integer) → varchar'], regexExtract),
  scalar(['regexp_replace(varchar, \'pattern\') → varchar', 'regexp_replace(varchar, \'pattern\', \'replacement\') → varchar'], regexReplace),
  scalar('to_utf8(varchar) → varbinary', 'encode($1)'),
  scalar('to_hex(varbinary) → varchar', 'hex($1)'),
  scalar('from_hex(varchar) → varbinary', ([x]) =>
    `(CASE WHEN regexp_full_match(${x?.sql}, '([0-9A-Fa-f]{2})*') THEN unhex(${x?.sql}) WHEN ${x?.sql} IS NOT NULL THEN ${failure('not hexadecimal', VARBINARY)} END)`),
  scalar('to_base64(varbinary) → varchar', 'to_base64($1)'),
  ...['md5', 'sha1', 'sha256'].map((name) => scalar(`${name}(varbinary) → varbinary`, `unhex(${name}($1))`)),
];


function substring([text, start, length]: readonly Typed[]): string {
  const from = literalInteger(start);
  const count = length && literalInteger(length);
  if (from !== undefined && from > 0 && (length === undefined || (count !== undefined && count >= 0))) {
    return `substring(${text?.sql}, ${from}${length === undefined ? '' : `, ${count}`})`;
  }
  return length === undefined ? `millrace_substr(${text?.sql}, ${start?.sql})` : `millrace_substr_for(${text?.sql}, ${start?.sql}, ${length.sql})`;
}

/** Functions that look for a text: what an empty one means differs. */
function nonEmpty(template: string): (args: readonly Typed[]) => Translated {
  return (args) => (literalText(args[1]) ? fill(template, args.map(({ sql }) => sql)) : { complaint: 'the text that is looked for must not be empty' });
}

function splitPart([text, separator, index]: readonly Typed[]): Translated {
  if (!literalText(separator)) return { complaint: 'the separator must not be empty' };
  if ((literalInteger(index) ?? 1) < 1) return { complaint: 'parts are counted from 1' };
  return `millrace_part(string_split(${text?.sql}, ${separator?.sql}), ${index?.sql})`;
}

function character([code]: readonly Typed[]): Translated {
  const point = literalInteger(code) ?? -1;
  if (point < 1 || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return { complaint: 'chr wants the number of a character, as a literal' };
  return `chr(${point})`;
}

function padded(name: string): (args: readonly Typed[]) => Translated {
  return ([text, length, padding]) => {
    const places = literalInteger(length);
    if (places === undefined || places < 0 || !literalText(padding)) return { complaint: `${name} wants a literal length, and a padding that is not empty` };
    return `${name}(${text?.sql}, ${places}, ${padding?.sql})`;
  };
}

function regexOf(pattern: Typed | undefined): Regex | Complaint {
  const text = literalText(pattern);
  if (text === undefined) return { complaint: 'the regular expression must be a literal' };
  const regex = readRegex(text);
  if (typeof regex !== 'string') return regex;
  return { complaint: `the engines read this regular expression differently: ${regex}`, todo: 'docs/sql.md tells what both read alike' };
}

function regexLike([text, pattern]: readonly Typed[]): Translated {
  const regex = regexOf(pattern);
  if ('complaint' in regex) return regex;
  return `regexp_matches(${text?.sql}, ${quoteString(regex.re2 + (regex.atEnd ? LAST_LINE_END : ''))})`;
}

const INNER_DOLLAR = { complaint: 'in Athena $ also matches before a line feed at the end', todo: 'write \\z for the end of the text' };

function regexExtract([text, pattern, group]: readonly Typed[]): Translated {
  const regex = regexOf(pattern);
  if ('complaint' in regex) return regex;
  if (regex.innerDollar) return INNER_DOLLAR;
  const number = group === undefined ? 0 : literalInteger(group);
  if (number === undefined || number < 0) return { complaint: 'the number of the group must be a literal' };
  if (number > regex.groups) return { complaint: `the pattern has ${regex.groups} groups, not ${number}` };
  if (regex.optionalGroups.has(number)) return { complaint: `group ${number} may take no part in a match: Athena gives NULL, DuckDB an empty text` };
  // With `$` the match proper becomes a group of its own, without the line feed behind it.
  const quoted = quoteString(regex.atEnd ? `(${regex.re2})${LAST_LINE_END}` : regex.re2);
  const extracted = `regexp_extract(${text?.sql}, ${quoted}, ${number + (regex.atEnd ? 1 : 0)})`;
  // No match is an empty text in DuckDB: where a match cannot be empty, that tells the two apart.
  if (number === 0 && !regex.matchesEmpty) return `nullif(${extracted}, '')`;
  return `(CASE WHEN regexp_matches(${text?.sql}, ${quoted}) THEN ${extracted} END)`;
}

function regexReplace([text, pattern, replacement]: readonly Typed[]): Translated {
  const regex = regexOf(pattern);
  if ('complaint' in regex) return regex;
  if (regex.innerDollar) return INNER_DOLLAR;
  if (regex.matchesEmpty) return { complaint: 'the pattern may match nothing, and the engines then replace differently' };
  if (regex.optionalGroups.size > 0) return { complaint: 'a group that may take no part in a match is replaced differently' };
  if (regex.atEnd && regex.matchesLineFeed) return INNER_DOLLAR;
  // With `$` the match proper becomes a group of its own, and the line feed behind it another, which is put back.
  const shift = regex.atEnd ? 1 : 0;
  if (regex.groups + 2 * shift > 9) return { complaint: 'the pattern has too many groups' };
  const written = replacement === undefined ? { re2: '' } : readReplacement(literalText(replacement) ?? '', regex.groups, shift);
  if (typeof written === 'string') return { complaint: `the replacement has ${written}` };
  const found = regex.atEnd ? `(${regex.re2})(\\n?)\\z` : regex.re2;
  const kept = regex.atEnd ? `${written.re2}\\${regex.groups + 2}` : written.re2;
  return `regexp_replace(${text?.sql}, ${quoteString(found)}, ${quoteString(kept)}, 'g')`;
}
