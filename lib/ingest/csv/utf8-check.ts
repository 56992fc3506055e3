// Whether a text is UTF-8, told chunk by chunk.
import { isUtf8 } from 'node:buffer';
import { copyOf } from '../bytes/copy.ts';

export class Utf8Check {
  /** All bytes so far were. */
  valid = true;
  /** The beginning of a character that a chunk cut off. */
  private tail: Uint8Array = new Uint8Array(0);

  /** `isUtf8` wants whole characters: what a chunk cuts off is checked with the next one. */
  push(chunk: Uint8Array, last: boolean): void {
    if (!this.valid) return;
    let bytes = chunk;
    if (this.tail.length > 0) {
      // A cut character is at most 4 bytes: check it with the first bytes of this chunk, then go on behind it.
      const need = Math.min(chunk.length, characterLength(this.tail[0]!) - this.tail.length);
      const character = new Uint8Array(this.tail.length + need);
      character.set(this.tail);
      character.set(chunk.subarray(0, need), this.tail.length);
      if (character.length < characterLength(character[0]!) && !last) {
        this.tail = character;
        return;
      }
      this.tail = new Uint8Array(0);
      if (!isUtf8(character)) {
        this.valid = false;
        return;
      }
      bytes = chunk.subarray(need);
    }
    const cut = last ? 0 : cutCharacter(bytes);
    if (!isUtf8(bytes.subarray(0, bytes.length - cut))) this.valid = false;
    else if (cut > 0) this.tail = copyOf(bytes.subarray(bytes.length - cut));
  }
}

/** Bytes of a UTF-8 character by its first byte; 1 for a byte that starts none. */
function characterLength(first: number): number {
  if (first >= 0xf0 && first <= 0xf4) return 4;
  if (first >= 0xe0) return first < 0xf0 ? 3 : 1;
  return first >= 0xc2 ? 2 : 1;
}

/** How many bytes at the end belong to a character that the chunk cuts off. */
function cutCharacter(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    return characterLength(byte) > back ? back : 0;
  }
  return 0;
}
