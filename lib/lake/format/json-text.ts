// JSON with 64-bit ids: metadata files hold snapshot ids and sequence numbers as plain integers, beyond what a JavaScript number can.

const ID_KEYS = '(?:[a-z-]+-)?(?:snapshot-id|sequence-number)';
// A quote inside a JSON string is escaped, so `"key":` can only be a key, and a number after it only a value.
const IDS_AS_INTEGERS = new RegExp(`"(${ID_KEYS})"(\\s*:\\s*)(-?\\d+)`, 'g');
const IDS_AS_STRINGS = new RegExp(`"(${ID_KEYS})":"(-?\\d+)"`, 'g');

/** Parses JSON; ids (keys that end in `snapshot-id` or `sequence-number`) come as strings of digits, so that none is rounded. */
export function parseJsonWithIds(text: string): unknown {
  return JSON.parse(text.replace(IDS_AS_INTEGERS, '"$1"$2"$3"'));
}

/** The inverse: ids, given as bigint or as strings of digits, become plain integers. */
export function stringifyJsonWithIds(value: unknown): string {
  return unquoteIds(JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item)));
}

function unquoteIds(text: string): string {
  return text.replace(IDS_AS_STRINGS, '"$1":$2');
}
