// The grammars of dates and times. Leap years and the lengths of months are in the regular expressions themselves, so that text which
// matches is a time that exists on the calendar, for every engine alike. There is no second 60 and no hour 24.
import { MillraceError } from '../../base/index.ts';

/** What stands for each part in a pattern; months and days come in pairs that belong together. */
interface Parts {
  year: string;
  leapYear: string;
  month: { long: string; short: string; february: string };
  day: { to31: string; to30: string; to28: string; '29th': string };
  hour: string;
  minute: string;
  second: string;
}

const FOUR = '(?:0[48]|[2468][048]|[13579][26])';

/** Dates: the years 0001 to 9999. */
const DATE_YEARS = { year: '(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])', leapYear: `(?:[0-9]{2}${FOUR}|${FOUR}00)` };
/** Times: the years 1900 to 9999. */
const TIME_YEARS = { year: '(?:19|[2-9][0-9])[0-9]{2}', leapYear: `(?:(?:19|[2-9][0-9])${FOUR}|(?:2[048]|[468][048]|[3579][26])00)` };

const TWO_DIGITS = {
  month: { long: '(?:0[13578]|1[02])', short: '(?:0[469]|11)', february: '02' },
  day: { to31: '(?:0[1-9]|[12][0-9]|3[01])', to30: '(?:0[1-9]|[12][0-9]|30)', to28: '(?:0[1-9]|1[0-9]|2[0-8])', '29th': '29' },
  hour: '(?:[01][0-9]|2[0-3])',
  minute: '[0-5][0-9]',
  second: '[0-5][0-9]',
};
/** In declared formats a leading zero may be left out, as exports from spreadsheets do. Minutes and seconds always have two digits. */
const ONE_OR_TWO = {
  month: { long: '(?:0?[13578]|1[02])', short: '(?:0?[469]|11)', february: '0?2' },
  day: { to31: '(?:0?[1-9]|[12][0-9]|3[01])', to30: '(?:0?[1-9]|[12][0-9]|30)', to28: '(?:0?[1-9]|1[0-9]|2[0-8])', '29th': '29' },
  hour: '(?:0?[0-9]|1[0-9]|2[0-3])',
  minute: '[0-5][0-9]',
  second: '[0-5][0-9]',
};

/** One pattern for all real calendar dates, from a way to write a year, a month and a day down. */
function calendar({ year, leapYear, month, day }: Parts, write: (year: string, month: string, day: string) => string): string {
  return [
    write(year, month.long, day.to31),
    write(year, month.short, day.to30),
    write(year, month.february, day.to28),
    write(leapYear, month.february, day['29th']),
  ].join('|');
}

const OFFSET = 'Z|[+-](?:0[0-9]|1[0-3])(?::?[0-5][0-9])?|[+-]14(?::?00)?';

/** ISO 8601: `2017-10-02 10:56:33`, `T` between, seconds, up to nine decimals and an offset if any. */
export const ISO_TIMESTAMP = (() => {
  const parts = { ...TIME_YEARS, ...TWO_DIGITS };
  const day = calendar(parts, (year, month, dayOfMonth) => `${year}-${month}-${dayOfMonth}`);
  return `(?:${day})[T ]${parts.hour}:${parts.minute}(?::${parts.second}(?:\\.[0-9]{1,9})?(?:${OFFSET})?)?`;
})();

/** ISO 8601: `2017-10-02`; a time of midnight may follow. */
export const ISO_DATE = (() => {
  const day = calendar({ ...DATE_YEARS, ...TWO_DIGITS }, (year, month, dayOfMonth) => `${year}-${month}-${dayOfMonth}`);
  return `(?:${day})(?:[T ]00:00(?::00(?:\\.0{1,9})?)?)?`;
})();

/** A declared format, taken apart: directives and the text between them. */
export type FormatToken = { directive: 'Y' | 'm' | 'd' | 'H' | 'M' | 'S' } | { literal: string };

/**
 * Reads a strptime format. `%Y %m %d` are needed, `%H %M %S` may follow; the text between them is one of `/ - . : , T` or a space.
 * Throws `unsupported` for other directives: names of months and two-digit years mean different things to different engines.
 */
export function parseFormat(format: string): FormatToken[] {
  const tokens: FormatToken[] = [];
  for (let at = 0; at < format.length; at++) {
    const character = format[at]!;
    if (character === '%') {
      const directive = format[++at] ?? '';
      if (!'YmdHMS'.includes(directive) || directive === '') {
        throw new MillraceError('unsupported', `the time format ${format} uses %${directive}`, { todo: 'Use %Y %m %d %H %M %S only.' });
      }
      tokens.push({ directive: directive as 'Y' });
    } else if ('/-.:,T '.includes(character)) {
      tokens.push({ literal: character });
    } else {
      throw new MillraceError('unsupported', `the time format ${format} has ${character} between its parts`, { todo: 'Use / - . : , T or a space.' });
    }
  }
  const has = (directive: string) => tokens.filter((token) => 'directive' in token && token.directive === directive).length;
  if (['Y', 'm', 'd'].some((directive) => has(directive) !== 1) || ['H', 'M', 'S'].some((directive) => has(directive) > 1)) {
    throw new MillraceError('bad_input', `the time format ${format} does not name year, month and day once each`, { todo: 'Write for example %m/%d/%Y %H:%M.' });
  }
  return tokens;
}

/** The pattern of a declared format. A date column's format may have a time of day, which then has to be midnight. */
export function formatPattern(format: string, kind: 'timestamp' | 'date'): string {
  const tokens = parseFormat(format);
  const digits = hasAllDigits(tokens) ? TWO_DIGITS : ONE_OR_TWO;
  const parts: Parts = kind === 'timestamp'
    ? { ...TIME_YEARS, ...digits }
    : { ...DATE_YEARS, ...digits, hour: '0?0', minute: '00', second: '00' };
  return calendar(parts, (year, month, day) => {
    const written = { Y: year, m: month, d: day, H: parts.hour, M: parts.minute, S: parts.second };
    return tokens.map((token) => ('directive' in token ? written[token.directive] : token.literal.replace('.', '\\.'))).join('');
  });
}

/** `%Y%m%d`: with nothing between them, parts must have all their digits to be told apart. */
export function hasAllDigits(tokens: readonly FormatToken[]): boolean {
  return tokens.some((token, at) => at > 0 && 'directive' in token && 'directive' in tokens[at - 1]!);
}
