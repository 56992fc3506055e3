// Pseudonyms in DuckDB's SQL, equal to those of `pseudonymise`.
import { quote } from '../rules/index.ts';
import type { PiiClass } from '../types.ts';
import { compatibilityCharacters, compatibilityClass } from './compatibility.ts';
import { checkKey, hmacPads, type PseudonymKey } from './pseudonym.ts';

const INNER = 'millrace_pseudonym_inner';
const OUTER = 'millrace_pseudonym_outer';

/**
 * Statements to run once on a connection before SQL from `pseudonymSql`: a macro, and the key in two session variables, so that the key is in no
 * other statement and in no error message.
 */
export function pseudonymPrelude(key: PseudonymKey): string[] {
  checkKey(key);
  const { inner, outer } = hmacPads(key);
  const blob = (bytes: Uint8Array) => `unhex('${Buffer.from(bytes).toString('hex')}')`;
  return [`SET VARIABLE ${INNER} = ${blob(inner)}`, `SET VARIABLE ${OUTER} = ${blob(outer)}`, nfkcMacro()];
}

/** The pseudonym of a VARCHAR expression; NULL for NULL, and for a value of which normalising leaves nothing. */
export function pseudonymSql(pii: PiiClass, value: string, keyId: string): string {
  const text = `nullif(${NORMALISE[pii](value)}, '')`;
  return `${quote(`${keyId}:`)} || sha256(getvariable('${OUTER}') || unhex(sha256(getvariable('${INNER}') || encode(${text}))))`;
}

const NORMALISE: Readonly<Record<PiiClass, (value: string) => string>> = Object.freeze({
  name: words,
  street: words,
  email: (value: string) => `lower(regexp_replace(regexp_replace(${value}, '^[\\t-\\r ]+', ''), '[\\t-\\r ]+$', ''))`,
  phone: (value: string) => `CASE WHEN regexp_matches(${value}, '^[^0-9]*\\+[^0-9]*[0-9]', 's') THEN '+' ELSE '' END || regexp_replace(${value}, '[^0-9]+', '', 'g')`,
});

function words(value: string): string {
  return `lower(trim(regexp_replace(millrace_nfkc(replace(${value}, chr(0), ' ')), '[\\t-\\r ]+', ' ', 'g'), ' '))`;
}

/** DuckDB has NFC. Text of ASCII is left as it is, text without compatibility characters needs no more, and the rest is mapped first. */
function nfkcMacro(): string {
  const characters = compatibilityCharacters();
  const mapped = `array_to_string(list_transform(regexp_extract_all(x, '(?s).'), lambda c: coalesce(${list(characters.values())}[list_position(${list(characters.keys())}, c)], c)), '')`;
  return `CREATE OR REPLACE TEMP MACRO millrace_nfkc(x) AS CASE WHEN strlen(x) = length(x) THEN x WHEN regexp_matches(x, '${compatibilityClass()}') THEN nfc_normalize(${mapped}) ELSE nfc_normalize(x) END`;
}

/** A constant list of texts, in hexadecimal: DuckDB's parser takes some of these characters for spaces, even in a string. */
function list(texts: Iterable<string>): string {
  return `string_split(decode(unhex('${Buffer.from([...texts].join('\u001f')).toString('hex')}')), chr(31))`;
}
