// JSON with 64-bit ids: metadata files hold snapshot ids and sequence numbers as plain integers, beyond what a JavaScript number can.

/** A character of Unicode's private use area, put before digits that stand for an integer. */
const MARK = '\ue000';
const ID_KEYS = '(?:[a-z-]+-)?(?:snapshot-id|sequence-number)';
// A quote inside a JSON string is escaped, so `"key":` can only be a key, and digits after it only a number.
const INTEGER_IDS = new RegExp(`"(${ID_KEYS})"\\s*:\\s*(-?\\d+)`, 'g');
const WHOLLY_MARKED = new RegExp(`^${MARK}-?\\d+$`);
const MARKED = new RegExp(`"${MARK}(-?\\d+)"`, 'g');

/**
 * Parses JSON in which integers under keys that end in `snapshot-id` or `sequence-number` must not be rounded: they come as marked
 * texts, to be read by `idOf`, or turned into bigint throughout a value by `withIds`. Texts under such keys stay texts.
 */
export function parseJsonMarkingIds(text: string): unknown {
  return JSON.parse(text.replace(INTEGER_IDS, `"$1":"${MARK}$2"`));
}

/** A marked integer as bigint; undefined for null or a missing one. */
export function idOf(value: unknown): bigint | undefined {
  if (value === undefined || value === null) return undefined;
  return BigInt(typeof value === 'string' && value.startsWith(MARK) ? value.slice(1) : value as string | number);
}

/** The digits of a marked integer, or of a number. */
export function digitsOf(value: unknown): string {
  const text = String(value);
  return text.startsWith(MARK) ? text.slice(1) : text;
}

/** The value with every marked integer in it as bigint. */
export function withIds(value: unknown): unknown {
  if (typeof value === 'string') return WHOLLY_MARKED.test(value) ? BigInt(value.slice(1)) : value;
  if (Array.isArray(value)) return value.map(withIds);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withIds(item)]));
}

/** JSON in which bigints are plain integers. */
export function stringifyJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? `${MARK}${item}` : item)).replace(MARKED, '$1');
}
