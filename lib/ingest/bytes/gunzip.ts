// gzip, checked: every member's CRC and length, no cut-off end, nothing but zeros behind the last member.
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { MillraceError } from '../../base/index.ts';
import { copyOf } from './copy.ts';

/** Whether the bytes start a gzip stream; the name of the file does not matter. */
export function isGzip(head: Uint8Array): boolean {
  return head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b;
}

/**
 * The decompressed bytes of a gzip stream of one or more members (RFC 1952).
 *
 * Throws `bad_input` that says what is wrong and where: the stream ends early, is damaged, or is followed by other bytes.
 * What was given before that error must not be kept.
 */
export async function* gunzip(source: AsyncIterable<Uint8Array>, where: string): AsyncGenerator<Uint8Array, void, undefined> {
  let taken = 0;
  let lastNonZero = 0;
  let given = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      let at = chunk.length;
      while (at > 0 && chunk[at - 1] === 0) at--;
      if (at > 0) lastNonZero = taken + at;
      taken += chunk.length;
      // zlib reads it in a thread of its own, after the source may have reused its buffer.
      yield copyOf(chunk);
    }
  }
  const inflate = createGunzip({ chunkSize: 256 * 1024 });
  const input = Readable.from(counted(), { objectMode: true, highWaterMark: 1 });
  input.once('error', (error) => inflate.destroy(error));
  input.pipe(inflate);
  try {
    for await (const chunk of inflate as AsyncIterable<Uint8Array>) {
      given += chunk.length;
      yield chunk;
    }
  } catch (thrown) {
    throw asGzipError(thrown, where, inflate.bytesWritten, given);
  } finally {
    input.destroy();
    inflate.destroy();
  }
  if (lastNonZero > inflate.bytesWritten) throw trailing(where, inflate.bytesWritten);
}

function asGzipError(thrown: unknown, where: string, consumed: number, given: number): unknown {
  const { code, message } = thrown as NodeJS.ErrnoException;
  if (code === 'Z_BUF_ERROR') {
    return new MillraceError('bad_input', `the gzip stream ends early, at byte ${count(consumed)}; ${count(given)} bytes came out of it before that`, {
      where, todo: 'Nothing of it was kept; send the whole file again.', cause: thrown,
    });
  }
  // The first member has its header: that is how it was known for gzip.
  if (code === 'Z_DATA_ERROR' && message === 'incorrect header check') return trailing(where, undefined, thrown);
  if (code?.startsWith('Z_') === true) {
    const what = message === 'incorrect data check' ? 'its checksum (CRC) does not match'
      : message === 'incorrect length check' ? 'its length does not match' : message;
    return new MillraceError('bad_input', `the gzip stream is damaged, ${count(given)} bytes in: ${what}`, {
      where, todo: 'Nothing of it was kept; send the file again.', cause: thrown,
    });
  }
  return thrown;
}

function trailing(where: string, consumed: number | undefined, cause?: unknown): MillraceError {
  const from = consumed === undefined ? '' : ` from byte ${count(consumed)} on`;
  return new MillraceError('bad_input', `behind the end of the gzip stream there is something else${from}`, {
    where, todo: 'Nothing of it was kept; send the file again, or cut off what does not belong to it.', cause,
  });
}

const count = (n: number): string => n.toLocaleString('en-US');
