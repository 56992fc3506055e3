// The characters that Unicode's compatibility normal form (NFKC) takes for others (ﬁ → fi, Ａ → A, no-break space → space), for engines that
// only have the canonical one (NFC).

/** Above it are ideographs that are their own form, tags, private use, and nothing. */
const LAST = 0x2ffff;

let found: ReadonlyMap<string, string> | undefined;

/** Each character whose NFKC is not its NFC, with its NFKC. NFC of a text with these replaced is its NFKC. */
export function compatibilityCharacters(): ReadonlyMap<string, string> {
  if (found === undefined) {
    const characters = new Map<string, string>();
    for (let code = 0x80; code <= LAST; code++) {
      if (code === 0xd800) code = 0xe000;
      const character = String.fromCodePoint(code);
      const compatible = character.normalize('NFKC');
      if (compatible !== character.normalize('NFC')) characters.set(character, compatible);
    }
    found = characters;
  }
  return found;
}

/** The same characters as a regular expression's class. */
export function compatibilityClass(): string {
  const codes = [...compatibilityCharacters().keys()].map((character) => character.codePointAt(0)!);
  const ranges: [number, number][] = [];
  for (const code of codes) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === code - 1) last[1] = code;
    else ranges.push([code, code]);
  }
  const escape = (code: number) => `\\x{${code.toString(16)}}`;
  return `[${ranges.map(([from, to]) => (from === to ? escape(from) : `${escape(from)}-${escape(to)}`)).join('')}]`;
}
