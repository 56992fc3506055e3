// The bytes that give a CSV its structure, and a table that tells them from ordinary ones in one look-up.

export const QUOTE = 0x22;
export const LF = 0x0a;
export const CR = 0x0d;

// Classes of bytes; 0 is ordinary, so that a hot loop is one look-up and one well-predicted branch.
export const IS_DELIMITER = 1;
export const IS_QUOTE = 2;
export const IS_LF = 3;
export const IS_CR = 4;
export const IS_NUL = 5;

/** The class of each of the 256 bytes. */
export function byteClasses(delimiter: string): Uint8Array {
  const classes = new Uint8Array(256);
  classes[delimiter.charCodeAt(0)] = IS_DELIMITER;
  classes[QUOTE] = IS_QUOTE;
  classes[LF] = IS_LF;
  classes[CR] = IS_CR;
  classes[0] = IS_NUL;
  return classes;
}

/** Whether a field may end before this class of byte. */
export function endsField(kind: number): boolean {
  return kind === IS_DELIMITER || kind === IS_LF || kind === IS_CR;
}
