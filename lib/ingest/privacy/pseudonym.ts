// Pseudonyms of files' rows: those that the contracts define for files and events alike, with the keys of this home.
import { pseudonymise, pseudonymPrelude, pseudonymSql as sqlWithKeyId, type PiiClass } from '../../contracts/index.ts';
import { quoteText } from '../../lake/duckdb/index.ts';
import type { PrivacyKey } from './keys.ts';

/** null stays null: nobody is not a person. */
export function pseudonym(kind: PiiClass, value: string | null, key: PrivacyKey): string | null {
  return pseudonymise(kind, value, { id: key.id, secret: key.pseudonyms });
}

/** The same over an SQL expression. The session must have run `keyVariablesSql`, so that no key stands in the statement. */
export function pseudonymSql(kind: PiiClass, expression: string): string {
  return `(getvariable('millrace_key_id') || ${sqlWithKeyId(kind, expression, '')})`;
}

/** Puts the key into the session. */
export function keyVariablesSql(key: PrivacyKey): string {
  return [`SET VARIABLE millrace_key_id = ${quoteText(key.id)}`, ...pseudonymPrelude({ id: key.id, secret: key.pseudonyms })].join('; ');
}
