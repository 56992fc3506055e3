// Texts as they stand in JSON: quotes and all. What is logged of an answer is JSON within JSON, and its quotes would have to be looked for in every one of them.

/** Letters that stand for themselves in JSON, whatever reads it. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** A text whose form in JSON was known when it was made. `JSON.stringify` takes it for the text. */
export class QuotedText {
  /** With its quotes; printable ASCII. */
  readonly quoted: string;

  constructor(quoted: string) {
    this.quoted = quoted;
  }

  toJSON(): string {
    return JSON.parse(this.quoted) as string;
  }
}

/** A text as JSON, of ASCII alone. */
export function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text).replace(BEYOND_ASCII, escaped);
}

const BEYOND_ASCII = /[^\0-~]/g;

/** Of one unit of UTF-16. */
function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A text as JSON, as that stands within a string of JSON. */
export function quotedWithin(text: string): string {
  return PLAIN.test(text) ? `\\"${text}\\"` : quoted(JSON.stringify(text)).slice(1, -1);
}
