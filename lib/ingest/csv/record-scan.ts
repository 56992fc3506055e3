// One record of CSV from where it starts to where it ends, byte by byte, with what was seen on the way.
import { byteClasses, CR, endsField, IS_CR, IS_DELIMITER, IS_LF, IS_NUL, LF, QUOTE } from './bytes.ts';

/**
 * `incomplete`: more bytes are needed to know. `unclosed`: the bytes end within a quoted field. `text_after_quote`: at `end` there is text behind a
 * closing quote.
 */
export type ScanOutcome = 'whole' | 'incomplete' | 'unclosed' | 'text_after_quote';

/** What the last scan found, in fields instead of an object a record. */
export class RecordScan {
  readonly classes: Uint8Array;
  /** Where the record ends, and where the next one starts. */
  end = 0;
  next = 0;
  delimiters = 0;
  /** Within quoted fields; the first of them, and what follows it. */
  lineEnds = 0;
  firstLineEnd = 0;
  firstLineNext = 0;
  /** A quote inside an unquoted field; and one behind a line end of the record. */
  strayQuote = false;
  strayBehindLineEnd = false;
  nul = false;
  /** All bytes joined by or: at least 0x80 where one is not ASCII. */
  highBytes = 0;

  constructor(delimiter: string) {
    this.classes = byteClasses(delimiter);
  }

  /** Scans a record from `at`. `final`: no bytes follow the window. */
  read(window: Uint8Array, at: number, final: boolean): ScanOutcome {
    const { classes } = this;
    const n = window.length;
    let i = at;
    let fieldStart = at;
    let delimiters = 0;
    let high = 0;
    let lineEnds = 0;
    this.strayQuote = false;
    this.strayBehindLineEnd = false;
    this.nul = false;
    for (;;) {
      if (i >= n) {
        if (!final) {
          this.lineEnds = lineEnds;
          return 'incomplete';
        }
        this.end = n;
        this.next = n;
        break;
      }
      const c = window[i]!;
      const kind = classes[c]!;
      if (kind === 0) {
        high |= c;
        i++;
      } else if (kind === IS_DELIMITER) {
        delimiters++;
        fieldStart = ++i;
      } else if (kind === IS_LF) {
        this.end = i;
        this.next = i + 1;
        break;
      } else if (kind === IS_CR) {
        if (i + 1 >= n && !final) {
          this.lineEnds = lineEnds;
          return 'incomplete';
        }
        this.end = i;
        this.next = window[i + 1] === LF ? i + 2 : i + 1;
        break;
      } else if (kind === IS_NUL) {
        this.nul = true;
        i++;
      } else if (i !== fieldStart) {
        this.strayQuote = true;
        if (lineEnds > 0) this.strayBehindLineEnd = true;
        i++;
      } else {
        i++;
        for (;;) {
          if (i >= n) {
            this.lineEnds = lineEnds;
            return final ? 'unclosed' : 'incomplete';
          }
          const q = window[i]!;
          if (q > QUOTE) {
            high |= q;
            i++;
          } else if (q === QUOTE) {
            if (i + 1 >= n && !final) {
              this.lineEnds = lineEnds;
              return 'incomplete';
            }
            i++;
            if (window[i] === QUOTE) {
              i++;
              continue;
            }
            break;
          } else if (q === LF || q === CR) {
            if (q === CR && i + 1 >= n && !final) {
              this.lineEnds = lineEnds;
              return 'incomplete';
            }
            const behind = q === CR && window[i + 1] === LF ? i + 2 : i + 1;
            if (lineEnds++ === 0) {
              this.firstLineEnd = i;
              this.firstLineNext = behind;
            }
            i = behind;
          } else {
            if (q === 0) this.nul = true;
            i++;
          }
        }
        if (i < n && !endsField(classes[window[i]!]!)) {
          this.end = i;
          this.lineEnds = lineEnds;
          return 'text_after_quote';
        }
      }
    }
    this.delimiters = delimiters;
    this.lineEnds = lineEnds;
    this.highBytes = high;
    return 'whole';
  }

  /** Sets end and next to the next line end at or behind `from`; false where more bytes are needed to know. */
  findLineEnd(window: Uint8Array, from: number, final: boolean): boolean {
    let i = from;
    while (i < window.length && window[i] !== LF && window[i] !== CR) i++;
    if (!final && (i === window.length || (window[i] === CR && i + 1 === window.length))) return false;
    this.end = i;
    this.next = window[i] === CR && window[i + 1] === LF ? i + 2 : Math.min(i + 1, window.length);
    return true;
  }
}
