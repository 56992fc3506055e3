// From the bytes of an event to its members, strictly: UTF-8, one JSON object, no key twice, and every digit of a number as it was sent.
import type { TextOrNull } from '../../contracts/index.ts';
import { decodeString, members, type JsonProblem } from '../json/object-text.ts';
import { decimalText } from './decimal-text.ts';

export type EventProblem = JsonProblem;

/**
 * The members by key: text, a number or a boolean whose own text is what was sent, null, or an object for what no text stands for (a nested value,
 * a number beyond all bounds).
 */
export type ParsedEvent =
  | { ok: true; record: Readonly<Record<string, unknown>>; /** How many there are. */ keys: number }
  | { ok: false; problem: EventProblem };

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const NOT_TEXT = Object.freeze({});

/** Never throws, whatever the bytes are. */
export function parseEvent(data: Uint8Array): ParsedEvent {
  let text: string;
  try {
    text = DECODER.decode(data);
  } catch {
    return INVALID_UTF8;
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return NOT_JSON;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return NOT_AN_OBJECT;
  const record = parsed as Record<string, unknown>;
  const keys = keysAsWritten(record, text);
  return keys === -1 ? readClosely(text) : { ok: true, record, keys };
}

/** The text that bronze keeps of a member; undefined where no text stands for it. Half surrogate pairs and lossy numbers were dealt with before. */
export function textOfMember(value: unknown): TextOrNull {
  switch (typeof value) {
    case 'string': return value === '' ? null : value;
    case 'number': return String(value);
    case 'boolean': return value ? 'true' : 'false';
    case 'undefined': return null;
    default: return value === null ? null : undefined;
  }
}

const INVALID_UTF8: ParsedEvent = Object.freeze({ ok: false, problem: 'invalid_utf8' });
const NOT_JSON: ParsedEvent = Object.freeze({ ok: false, problem: 'not_json' });
const DUPLICATE_KEY: ParsedEvent = Object.freeze({ ok: false, problem: 'duplicate_key' });
const NUL_BYTE: ParsedEvent = Object.freeze({ ok: false, problem: 'nul_byte' });
const NOT_AN_OBJECT: ParsedEvent = Object.freeze({ ok: false, problem: 'not_an_object' });

/**
 * The number of keys, or -1 unless nothing can have been lost in parsing, told by length alone: written without spaces, the members that were found make up the whole text.
 * A key that came twice, an escape (so half a surrogate pair, too), a space or a digit that a double cannot hold makes the text longer. Only a
 * number with an exponent may be shorter than its digits, and with it hide what is longer, so numbers that could be written so are looked at closely.
 */
function keysAsWritten(record: Record<string, unknown>, text: string): number {
  let length = 1;
  let keys = 0;
  for (const key in record) {
    const value = record[key];
    keys++;
    length += key.length + 4;
    if (typeof value === 'string') length += value.length + 2;
    else if (typeof value === 'number') {
      const digits = plainDigits(value);
      if (digits === 0) return -1;
      length += digits;
    } else if (value === null) length += 4;
    else if (typeof value === 'boolean') length += value ? 4 : 5;
    else return -1;
  }
  return length === text.length ? keys : -1;
}

/**
 * How many characters the number's own text has; 0 unless it is exact as a double and no way of writing it is shorter, as it could be for a whole
 * number that ends in three zeros.
 */
function plainDigits(value: number): number {
  const size = Math.abs(value);
  let digits = value < 0 ? 2 : 1;
  if (!Number.isSafeInteger(value)) {
    // Doubles tell decimals of fifteen digits apart, so the first power of ten that makes it whole says how many digits follow the point.
    if (size < 0.01 || size >= 1e9) return 0;
    let power = 10;
    let places = 1;
    while (Math.round(size * power) / power !== size) {
      if (++places > MOST_PLACES) return 0;
      power *= 10;
    }
    digits += places + 1;
  } else if (size !== 0 && Math.floor(size / 1000) * 1000 === size) return 0;
  for (let bound = 10; size >= bound; bound *= 10) digits++;
  return digits;
}

const MOST_PLACES = 6;

/** Member by member, from the text itself. */
function readClosely(text: string): ParsedEvent {
  const record = Object.create(null) as Record<string, unknown>;
  let keys = 0;
  for (const [key, json] of members(text)) {
    if (key in record) return DUPLICATE_KEY;
    const value = valueOf(json);
    if (typeof value === 'string') {
      if (!value.isWellFormed()) return INVALID_UTF8;
      if (value.includes('\0')) return NUL_BYTE;
    }
    record[key] = value;
    keys++;
  }
  return { ok: true, record, keys };
}

function valueOf(json: string): unknown {
  switch (json[0]) {
    case '"': return decodeString(json);
    case '{': case '[': return NOT_TEXT;
    case 'n': return null;
    case 't': return true;
    case 'f': return false;
    default: return decimalText(json) ?? NOT_TEXT;
  }
}
