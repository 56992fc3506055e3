// Patterns of date_format and date_parse: MySQL's letters, as Trino reads them.
import { quoteString } from '../literals.ts';

/** Letters that both engines print alike: Trino's to strftime's. */
const PRINTED: Readonly<Record<string, string>> = {
  Y: '%Y', m: '%m', d: '%d', H: '%H', i: '%M', s: '%S', S: '%S', T: '%H:%M:%S', j: '%j', y: '%y', a: '%a', b: '%b', M: '%B', W: '%A', x: '%G',
  v: '%V', c: '%-m', e: '%-d', k: '%-H', h: '%I', I: '%I', l: '%-I', p: '%p', '%': '%%',
};

/** Letters that are read, each as a group of digits and the part of the time that it is. */
const READ: Readonly<Record<string, readonly [part: string, digits: string]>> = {
  Y: ['year', '([+-]?[0-9]{1,9})'], m: ['month', '([0-9]{1,2})'], c: ['month', '([0-9]{1,2})'], d: ['day', '([0-9]{1,2})'], e: ['day', '([0-9]{1,2})'],
  H: ['hour', '(2[0-3]|[01]?[0-9])'], k: ['hour', '(2[0-3]|[01]?[0-9])'], i: ['minute', '([0-5]?[0-9])'], s: ['second', '([0-5]?[0-9])'],
  S: ['second', '([0-5]?[0-9])'],
};

/** A pattern of strftime, or the letter that is not allowed. */
export function printFormat(format: string): { strftime: string } | string {
  let strftime = '';
  for (const [letter, known] of letters(format)) {
    if (known === undefined) strftime += letter;
    else if (PRINTED[known] === undefined) return `%${known}`;
    else strftime += PRINTED[known];
  }
  return { strftime };
}

/** A regular expression with one group a part, and the parts in their order; or the letter that is not allowed. */
export function readFormat(format: string): { pattern: string; parts: readonly string[] } | string {
  let pattern = '';
  const parts: string[] = [];
  for (const [letter, known] of letters(format)) {
    const piece = known === undefined ? undefined : READ[known];
    if (known === '%') pattern += '%';
    else if (known === undefined) pattern += letter.replaceAll(/[^A-Za-z0-9 ]/g, String.raw`\$&`);
    else if (!piece || parts.includes(piece[0])) return `%${known}`;
    else {
      pattern += piece[1];
      parts.push(piece[0]);
    }
  }
  return { pattern, parts };
}

function* letters(format: string): Generator<[text: string, letter: string | undefined]> {
  for (let at = 0; at < format.length; at++) {
    if (format[at] === '%') yield ['', format[++at] ?? '']; // a lone % at the end names no letter, and is refused
    else yield [format[at] ?? '', undefined];
  }
}

/** `date_parse`: a timestamp where the text fits, else NULL. Impossible dates (30 February) fail. */
export function parseExpression(text: string, { pattern, parts }: { pattern: string; parts: readonly string[] }): string {
  const part = (name: string, missing: number) => {
    const group = parts.indexOf(name) + 1;
    return group === 0 ? String(missing) : `CAST(regexp_extract(${text}, ${quoteString(`\\A${pattern}\\z`)}, ${group}) AS INTEGER)`;
  };
  const date = `make_date(${part('year', 1970)}, ${part('month', 1)}, ${part('day', 1)})`;
  return `(${date} + make_time(${part('hour', 0)}, ${part('minute', 0)}, ${part('second', 0)}))`;
}
