// Base64 of many small texts, without a new buffer for each.

const START_BYTES = 64 * 1024;

export class Base64 {
  private buffer = Buffer.allocUnsafeSlow(START_BYTES);

  /** The bytes. They are a copy of their own. */
  decode(text: string): Uint8Array {
    return Buffer.from(text, 'base64');
  }

  /** Base64 of the text's UTF-8. */
  encode(text: string): string {
    // A unit of UTF-16 takes three bytes at most.
    if (text.length * 3 > this.buffer.length) this.buffer = Buffer.allocUnsafeSlow(text.length * 3);
    return this.buffer.toString('base64', 0, this.buffer.write(text, 'utf8'));
  }
}
