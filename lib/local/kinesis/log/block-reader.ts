// Walks over the blocks of a file, in pieces of a bounded size.
import { BLOCK_HEADER_BYTES, blockBytes, readHeader, type BlockHeader } from './block.ts';
import { readAt } from './files.ts';

const PIECE_BYTES = 256 * 1024;

export interface Block {
  header: BlockHeader;
  /** Where the block starts in the file. */
  offset: number;
  /** Holds the whole block, from `at` on. */
  buffer: Buffer;
  at: number;
}

export class BlockReader {
  readonly #file: number;
  readonly #end: number;
  #buffer: Buffer = Buffer.alloc(0);
  #start = 0;
  /** Where the next block starts. */
  offset: number;

  constructor(file: number, from: number, end: number) {
    this.#file = file;
    this.#end = end;
    this.offset = from;
  }

  /** The next block that is wanted; others are passed over unread. 'end' at the end, 'broken' where there is no whole block at `offset`. */
  async next(isWanted: (header: BlockHeader) => boolean): Promise<Block | 'end' | 'broken'> {
    for (;;) {
      if (this.offset >= this.#end) return 'end';
      if (this.#end - this.offset < BLOCK_HEADER_BYTES) return 'broken';
      await this.#load(BLOCK_HEADER_BYTES);
      const header = readHeader(this.#buffer, this.offset - this.#start);
      if (header === undefined || this.offset + blockBytes(header) > this.#end) return 'broken';
      const offset = this.offset;
      if (isWanted(header)) {
        await this.#load(blockBytes(header));
        this.offset += blockBytes(header);
        return { header, offset, buffer: this.#buffer, at: offset - this.#start };
      }
      this.offset += blockBytes(header);
    }
  }

  /** Makes so many bytes from `offset` on present. A new piece is a new buffer: records are views of the old one. */
  async #load(bytes: number): Promise<void> {
    const at = this.offset - this.#start;
    if (at >= 0 && at + bytes <= this.#buffer.length) return;
    const size = Math.min(Math.max(bytes, PIECE_BYTES), this.#end - this.offset);
    this.#buffer = await readAt(this.#file, Buffer.allocUnsafeSlow(size), this.offset);
    this.#start = this.offset;
  }
}
