// What texts of a request may be: all of them are kept in the log, where nothing personal belongs and which takes no half characters.

interface Format { holds: (text: string) => boolean; says: string }

/** Spaces, what cannot be printed, half characters, and the sign of e-mail addresses: whatever has one of them is looked at closely. */
const ODD = /[\s@\p{Cc}\p{Cs}]/u;
const UNPRINTABLE = /\p{Cc}/u;
const EMAIL = /[^\s@]@[^\s@]+\.[^\s@]/;
const MOST_CHARACTERS = 200;

/** An id: neither empty nor long, without what cannot be printed, without spaces around it, and no e-mail address. */
export function isId(text: string): boolean {
  return text !== '' && text.length <= MOST_CHARACTERS && (!ODD.test(text) || (isLabel(text) && text === text.trim()));
}

/** Words: no e-mail address, nothing that cannot be printed. */
function isLabel(text: string): boolean {
  return text.isWellFormed() && !UNPRINTABLE.test(text) && !EMAIL.test(text);
}

export const ID_SAYS = `an id of 1 to ${MOST_CHARACTERS} characters that is no e-mail address (ids are kept in the log) and has no spaces around it`;

/** By their names in the schemas, and so in the OpenAPI document. */
export const FORMATS: Readonly<Record<string, Format>> = Object.freeze({
  id: { holds: isId, says: ID_SAYS },
  label: { holds: isLabel, says: 'words that are no e-mail address: they are kept in the log' },
});
