// Pseudonyms: the same person gives the same `keyid:hmac` wherever they appear, and nobody without the key gets back to them.
// HMAC-SHA256 (RFC 2104) of the normalised value, in JavaScript for records and in DuckDB SQL for files; both give the same.
import { createHmac } from 'node:crypto';
import type { PiiClass } from '../../contracts/index.ts';
import { quoteText } from '../../lake/duckdb/index.ts';
import type { PrivacyKey } from './keys.ts';

const SPACES = '[ \\t\\n\\r\\f]+';

/** E-mails without outer spaces and case, phones as digits and +, names and streets without case and surplus spaces. */
export function normalise(kind: PiiClass, value: string): string {
  if (kind === 'phone') return value.replace(/[^0-9+]/g, '');
  return lower(value.normalize('NFC').replace(new RegExp(SPACES, 'g'), kind === 'email' ? '' : ' ').replace(/^ +| +$/g, ''));
}

/** Character by character, as SQL does it: no character becomes two, and none depends on its neighbours. */
function lower(text: string): string {
  if (/^[ -~]*$/.test(text)) return text.toLowerCase();
  let lowered = '';
  for (const character of text) {
    const small = character === 'İ' ? 'i' : character.toLowerCase();
    lowered += [...small].length === 1 ? small : character;
  }
  return lowered;
}

/** null stays null: nobody is not a person. */
export function pseudonym(kind: PiiClass, value: string | null, key: PrivacyKey): string | null {
  if (value === null || value === '') return null;
  return `${key.id}:${createHmac('sha256', key.pseudonyms).update(normalise(kind, value)).digest('hex')}`;
}

/** The same over an SQL expression. The session must have run `keyVariablesSql`, so that no key stands in the statement. */
export function pseudonymSql(kind: PiiClass, expression: string): string {
  const spaced = (by: string): string => `lower(trim(regexp_replace(nfc_normalize(${expression}), ${quoteText(SPACES)}, ${quoteText(by)}, 'g'), ' '))`;
  const normalised = kind === 'phone' ? `regexp_replace(${expression}, '[^0-9+]', '', 'g')` : spaced(kind === 'email' ? '' : ' ');
  const inner = `unhex(sha256(getvariable('millrace_inner') || encode(${normalised})))`;
  return `CASE WHEN ${expression} <> '' THEN getvariable('millrace_key_id') || ':' || sha256(getvariable('millrace_outer') || ${inner}) END`;
}

const BLOCK_BYTES = 64;

/** Puts the key's two pads into the session. */
export function keyVariablesSql(key: PrivacyKey): string {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.set(key.pseudonyms);
  const padded = (pad: number): string => `unhex('${Buffer.from(Array.from(block, (byte) => byte ^ pad)).toString('hex')}')`;
  return `SET VARIABLE millrace_key_id = ${quoteText(key.id)}; SET VARIABLE millrace_inner = ${padded(0x36)}; SET VARIABLE millrace_outer = ${padded(0x5c)}`;
}
