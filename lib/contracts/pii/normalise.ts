// Spellings of one person's data that should give one pseudonym, brought to one text.
import type { PiiClass } from '../types.ts';
import { lower } from '../values/text.ts';

/**
 * name, street: Unicode NFKC, runs of white space as one space, none around, lower case. email: no white space around, lower case. phone: its
 * digits, with a + in front where there was one before the first digit. null where nothing is left.
 */
export function normalise(pii: PiiClass, value: string): string | null {
  const text = NORMALISE[pii](value);
  return text === '' ? null : text;
}

const NORMALISE: Readonly<Record<PiiClass, (value: string) => string>> = Object.freeze({
  name: words,
  street: words,
  email: (value: string) => lower(value.replace(/^[\t-\r ]+|[\t-\r ]+$/g, '')),
  phone: (value: string) => (/^[^0-9]*\+/.test(value) && /[0-9]/.test(value) ? '+' : '') + value.replace(/[^0-9]+/g, ''),
});

/** NUL counts as a space: where text in C ends, it would hide what follows. */
function words(value: string): string {
  return lower(value.replaceAll('\0', ' ').normalize('NFKC').replace(/[\t-\r ]+/g, ' ').replace(/^ | $/g, ''));
}
