// Whether the lines inside a quoted field look like what they probably are: records that an unclosed quote has swallowed.
import { IS_CR, IS_DELIMITER, IS_LF, IS_QUOTE, QUOTE } from './bytes.ts';

/** How many lines, each read by itself, are well-formed records. */
export function linesThatAreRecords(bytes: Uint8Array, classes: Uint8Array, fields: number): number {
  let whole = 0;
  let delimiters = 0;
  let quoted = false;
  let regular = true;
  let fieldStart = 0;
  for (let i = 0; i <= bytes.length; i++) {
    const kind = i === bytes.length ? IS_LF : classes[bytes[i]!]!;
    if (kind === IS_LF || kind === IS_CR) {
      if (delimiters + 1 === fields && regular && !quoted) whole++;
      delimiters = 0;
      quoted = false;
      regular = true;
      fieldStart = i + 1;
    } else if (kind === IS_DELIMITER && !quoted) {
      delimiters++;
      fieldStart = i + 1;
    } else if (kind === IS_QUOTE) {
      if (i === fieldStart) quoted = true;
      else if (!quoted) regular = false;
      else if (bytes[i + 1] === QUOTE) i++;
      else quoted = false;
    }
  }
  return whole;
}
