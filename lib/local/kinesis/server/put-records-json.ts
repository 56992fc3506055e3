// The body of PutRecords in JSON, taken apart without a text of all of it: a busy endpoint spends most of its time there otherwise.

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;
/** Below it nothing is won. */
const LEAST_BYTES = 4096;
// Whatever JSON wants to see escaped.
// oxlint-disable-next-line no-control-regex
const ESCAPED = /[\u0000-\u001f\\]/;

type Fields = Record<string, string | Record<string, string>[]>;

/**
 * What `JSON.parse` gives for a body that holds nothing but texts without escapes and one list of such structures, as SDKs write it;
 * undefined for any other, which is then left to `JSON.parse`.
 */
export function parsePutRecords(body: Buffer): Fields | undefined {
  if (body.length < LEAST_BYTES) return undefined;
  const reader = new Reader(body);
  const fields = reader.structure((name) =>
    name === 'Records' ? reader.list(() => reader.structure((key) => reader.text(key === 'Data')) as Record<string, string>) : reader.text(false),
  );
  return reader.isAtEnd() ? fields : undefined;
}

class Reader {
  readonly #body: Buffer;
  #at = 0;
  #failed = false;

  constructor(body: Buffer) {
    this.#body = body;
  }

  /** Whether all was read and nothing was unusual. */
  isAtEnd(): boolean {
    this.#skipSpace();
    return !this.#failed && this.#at === this.#body.length;
  }

  structure<Value>(value: (name: string) => Value): Record<string, Value> {
    const fields: Record<string, Value> = {};
    if (!this.#expect(OPEN) || this.#take(CLOSE)) return fields;
    do {
      const name = this.text(false);
      if (name === '__proto__') this.#failed = true;
      if (!this.#expect(COLON)) return fields;
      fields[name] = value(name);
    } while (!this.#failed && this.#take(COMMA));
    this.#expect(CLOSE);
    return fields;
  }

  list<Value>(value: () => Value): Value[] {
    const values: Value[] = [];
    if (!this.#expect(OPEN_LIST) || this.#take(CLOSE_LIST)) return values;
    do values.push(value());
    while (!this.#failed && this.#take(COMMA));
    this.#expect(CLOSE_LIST);
    return values;
  }

  /** Base64 is plain ASCII, or it will be found out when it is decoded. */
  text(isBase64: boolean): string {
    if (!this.#expect(QUOTE)) return '';
    const end = this.#body.indexOf(QUOTE, this.#at);
    if (end < 0) {
      this.#failed = true;
      return '';
    }
    const found = this.#body.toString(isBase64 ? 'latin1' : 'utf8', this.#at, end);
    this.#at = end + 1;
    if (isBase64 ? found.includes('\\') : ESCAPED.test(found)) this.#failed = true;
    return found;
  }

  #expect(byte: number): boolean {
    const isThere = this.#take(byte);
    if (!isThere) this.#failed = true;
    return isThere;
  }

  #take(byte: number): boolean {
    this.#skipSpace();
    if (this.#failed || this.#body[this.#at] !== byte) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    for (let byte = this.#body[this.#at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; byte = this.#body[this.#at]) this.#at++;
  }
}
