// Text as the engines see it: code points, not UTF-16 units.

/** Orders as the bytes of UTF-8 do, which is how SQL compares text. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x !== y) return order(x) - order(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above U+FFFF, so they come after everything else. */
const order = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);

export function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}

/** Lower case character by character, as SQL does it: no character becomes two, and none depends on its neighbours. */
export function lower(text: string): string {
  return /^[ -~]*$/.test(text) ? text.toLowerCase() : mapCharacters(text, simpleLower);
}

/** Upper case character by character. */
export function upper(text: string): string {
  return /^[ -~]*$/.test(text) ? text.toUpperCase() : mapCharacters(text, simpleUpper);
}

const simpleLower = (character: string): string => (character === 'İ' ? 'i' : character.toLowerCase());

/** Where the full upper case is two characters, the simple one is a third: `ß` → `ẞ`, Greek with iota → its title case. */
function simpleUpper(character: string): string {
  const code = character.charCodeAt(0);
  if (code === 0xdf) return 'ẞ';
  if (code >= 0x1f80 && code <= 0x1faf && (code & 0x8) === 0) return String.fromCharCode(code + 8);
  if (code === 0x1fb3 || code === 0x1fc3 || code === 0x1ff3) return String.fromCharCode(code + 9);
  return character.toUpperCase();
}

function mapCharacters(text: string, map: (character: string) => string): string {
  let mapped = '';
  for (const character of text) {
    const other = map(character);
    mapped += other.length === (other.codePointAt(0)! > 0xffff ? 2 : 1) ? other : character;
  }
  return mapped;
}
