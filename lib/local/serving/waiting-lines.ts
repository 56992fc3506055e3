// Records that wait in memory as lines of JSON, first in, first out: as bytes in blocks outside the heap. Kept as objects, tens of thousands a second that live for
// a moment each would be copied from one generation of the heap to the next, which costs more than all else that is done with them.
import { quoted, QuotedText, type NewPrediction, type PredictionRecord } from '../../serving/index.ts';

/** Some lines of one block, each with its end, in the order in which they came. Good until the next is asked of whom they wait with. */
export interface Lines {
  bytes: Buffer;
  /** Where each line begins, and where the last one ends, with a line's end in between: line `at` is from `starts[at]` to before `starts[at + 1] - 1`. */
  starts: readonly number[];
}

interface Block { bytes: Buffer; /** Where the first line begins that is not dropped. */ from: number; /** Where the next one goes. */ to: number; count: number }

const BLOCK_BYTES = 1 << 22;
/** Empty blocks that are kept: new ones would be fetched from the system page by page. */
const MOST_SPARE = 4;
export const NEWLINE = 10;

export class WaitingLines {
  readonly #blocks: Block[] = [];
  readonly #spare: Block[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** `line` is ASCII, and has no line's end in it. */
  add(line: string): void {
    const block = this.#blockFor(line.length + 1);
    block.to += block.bytes.write(line, block.to, 'latin1');
    block.bytes[block.to++] = NEWLINE;
    this.#counted(block, 1);
  }

  /** The lines of another, which it has no more then. */
  addAll(others: WaitingLines): void {
    for (const block of others.#blocks.splice(0)) {
      this.#blocks.push(block);
      this.#count += block.count;
    }
    others.#count = 0;
  }

  /** The oldest lines, `most` at most; undefined where there are none. */
  oldest(most: number): Lines | undefined {
    const block = this.#blocks[0];
    if (block === undefined) return undefined;
    const starts = [block.from];
    for (let start = block.from; start < block.to && starts.length <= most;) starts.push((start = block.bytes.indexOf(NEWLINE, start) + 1));
    return { bytes: block.bytes, starts };
  }

  /** Lets go what `oldest` gave last. */
  drop({ starts }: Lines): void {
    const block = this.#blocks[0]!;
    block.from = starts.at(-1)!;
    this.#counted(block, 1 - starts.length);
    if (block.count > 0) return;
    this.#blocks.shift();
    block.from = block.to = 0;
    if (this.#spare.length < MOST_SPARE && block.bytes.length === BLOCK_BYTES) this.#spare.push(block);
  }

  /** The first line that begins so. */
  find(beginning: string): string | undefined {
    for (const { bytes, from, to } of this.#blocks) {
      const line = lineIn(bytes, from, to, beginning);
      if (line !== undefined) return line;
    }
    return undefined;
  }

  #counted(block: Block, change: number): void {
    block.count += change;
    this.#count += change;
  }

  #blockFor(bytes: number): Block {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.to + bytes <= last.bytes.length) return last;
    const block = (bytes <= BLOCK_BYTES ? this.#spare.pop() : undefined) ?? { bytes: Buffer.allocUnsafeSlow(Math.max(bytes, BLOCK_BYTES)), from: 0, to: 0, count: 0 };
    this.#blocks.push(block);
    return block;
  }
}

/** One of them as text. */
export function lineAt({ bytes, starts }: Lines, at: number): string {
  return bytes.toString('latin1', starts[at], starts[at + 1]! - 1);
}

/** The first line from `from` to before `to` that begins so; each of them has its end. */
export function lineIn(bytes: Buffer, from: number, to: number, beginning: string): string | undefined {
  const wanted = Buffer.from(beginning);
  for (let at = bytes.indexOf(wanted, from); at >= 0 && at < to; at = bytes.indexOf(wanted, at + 1)) {
    const end = bytes.indexOf(NEWLINE, at);
    if ((at === from || bytes[at - 1] === NEWLINE) && end >= 0) return bytes.toString('utf8', at, end);
  }
  return undefined;
}

/** A record as a line of ASCII that begins with its id, by which it is found. As JSON.stringify writes it, and in less time. */
export function lineOf(record: NewPrediction): string {
  let line = BEFORE_ID + quoted(record.prediction_id);
  for (const name in record) {
    const value = record[name as keyof NewPrediction];
    if (name !== 'prediction_id' && value !== undefined) line += `,"${name}":${jsonOf(value)}`;
  }
  return `${line}}`;
}

function jsonOf(value: string | QuotedText | number | boolean | null): string {
  if (typeof value === 'string') return quoted(value);
  if (value instanceof QuotedText) return value.quoted;
  return typeof value === 'number' && !Number.isFinite(value) ? 'null' : String(value);
}

const BEFORE_ID = '{"prediction_id":';

/** How the line of a record with that id begins. */
export function lineBeginning(id: string): string {
  return `${BEFORE_ID}${quoted(id)},`;
}

const QUOTE = 0x22;

export function idAt(lines: Lines, at: number): string {
  const { bytes, starts } = lines;
  const from = starts[at]! + BEFORE_ID.length + 1;
  const to = bytes.indexOf(QUOTE, from);
  const id = bytes.toString('latin1', from, to);
  // Where a letter of it had to be escaped, the first quote may be such a letter.
  return id.includes('\\') ? (JSON.parse(lineAt(lines, at)) as PredictionRecord).prediction_id : id;
}
