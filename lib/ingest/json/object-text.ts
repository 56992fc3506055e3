// The members of one JSON object as the text that came: numbers digit by digit, nested values as they were written.

export type JsonProblem = 'not_json' | 'not_an_object' | 'duplicate_key' | 'invalid_utf8' | 'nul_byte' | 'too_long';

export type ObjectText = { ok: true; values: Map<string, string | null> } | { ok: false; problem: JsonProblem; detail: string };

/**
 * Reads a flat object. Strings come decoded, numbers and booleans as written, nested arrays and objects as their JSON text, null and
 * the empty string as null. A key that comes twice makes it unclear which value was meant: refused.
 */
export function objectText(text: string): ObjectText {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (thrown) {
    return { ok: false, problem: 'not_json', detail: (thrown as Error).message };
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return { ok: false, problem: 'not_an_object', detail: 'it is JSON, but no object' };

  const values = new Map<string, string | null>();
  for (const [key, json] of members(text)) {
    const value = valueText(json);
    if (values.has(key)) return { ok: false, problem: 'duplicate_key', detail: `the key ${JSON.stringify(key)} comes twice` };
    if (value !== null && !value.isWellFormed()) return { ok: false, problem: 'invalid_utf8', detail: `the value of ${JSON.stringify(key)} holds half a surrogate pair` };
    if (value?.includes('\0') === true) return { ok: false, problem: 'nul_byte', detail: `the value of ${JSON.stringify(key)} holds a NUL character` };
    values.set(key, value);
  }
  return { ok: true, values };
}

/** The members of a JSON object, known to be valid: each key, and its value as it was written. So this only has to find where things end. */
export function* members(text: string): Generator<[key: string, json: string], void, undefined> {
  let at = skipSpace(text, text.indexOf('{') + 1);
  while (text[at] !== '}') {
    const keyEnd = endOfString(text, at);
    const key = decodeString(text.slice(at, keyEnd));
    at = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = endOfValue(text, at);
    yield [key, text.slice(at, end)];
    at = skipSpace(text, end);
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
}

function valueText(json: string): string | null {
  if (json === 'null' || json === '""') return null;
  return json[0] === '"' ? decodeString(json) : json;
}

/** The text of a JSON string. */
export function decodeString(json: string): string {
  return json.includes('\\') ? JSON.parse(json) as string : json.slice(1, -1);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return at;
}

/** From the opening quote to just behind the closing one. */
function endOfString(text: string, from: number): number {
  let at = from + 1;
  for (;;) {
    at = text.indexOf('"', at);
    let backslashes = 0;
    while (text[at - 1 - backslashes] === '\\') backslashes++;
    at++;
    if (backslashes % 2 === 0) return at;
  }
}

function endOfValue(text: string, from: number): number {
  const first = text[from];
  if (first === '"') return endOfString(text, from);
  let at = from;
  if (first !== '{' && first !== '[') {
    while (at < text.length && !',}] \t\n\r'.includes(text[at]!)) at++;
    return at;
  }
  let depth = 0;
  do {
    const c = text[at];
    if (c === '"') {
      at = endOfString(text, at);
      continue;
    }
    if (c === '{' || c === '[') depth++;
    else if (c === '}' || c === ']') depth--;
    at++;
  } while (depth > 0);
  return at;
}
