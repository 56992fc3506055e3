// The two bodies that SDKs send and take: JSON, and CBOR from Java.
import { isAscii } from 'node:buffer';
import { Encoder, Tag } from 'cbor-x';
import { KinesisError } from '../errors.ts';

export interface Codec {
  contentType: string;
  /** @throws KinesisError `SerializationException` where it cannot be read. */
  decode(body: Buffer): unknown;
  encode(value: object): Buffer;
  /** How an answer shows a time, given in milliseconds since 1970. */
  time(milliseconds: number): unknown;
  /** How an answer shows bytes. */
  bytes(data: Uint8Array): unknown;
}

const json: Codec = {
  contentType: 'application/x-amz-json-1.1',
  decode(body) {
    try {
      return JSON.parse(isAscii(body) ? body.toString('latin1') : body.toString('utf8')) as unknown;
    } catch (error) {
      throw new KinesisError('SerializationException', 'The body is not valid JSON.', error);
    }
  },
  encode: (value) => Buffer.from(JSON.stringify(value)),
  time: (milliseconds) => milliseconds / 1000,
  bytes: (data) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
};

/** Without `int64AsNumber`, which its types leave out, it fails on the times that Java sends. */
const encoder = new Encoder({ useRecords: false, mapsAsObjects: true, tagUint8Array: false, int64AsNumber: true } as ConstructorParameters<
  typeof Encoder
>[0]);

/** Times are tag 1 with milliseconds, unlike RFC 8949's seconds. */
const cbor: Codec = {
  contentType: 'application/x-amz-cbor-1.1',
  decode(body) {
    try {
      return encoder.decode(body) as unknown;
    } catch (error) {
      throw new KinesisError('SerializationException', 'The body is not valid CBOR.', error);
    }
  },
  encode: (value) => encoder.encode(value),
  time: (milliseconds) => new Tag(BigInt(Math.round(milliseconds)) as unknown as number, 1),
  bytes: (data) => data,
};

/** By the content type of a call; undefined for others. */
export function codecFor(contentType: string | undefined): Codec | undefined {
  switch (contentType?.split(';')[0]?.trim().toLowerCase()) {
    case 'application/x-amz-json-1.1':
    case 'application/json':
      return json;
    case 'application/x-amz-cbor-1.1':
      return cbor;
    default:
      return undefined;
  }
}

export const jsonCodec = json;

/** A time as a call gives it, in milliseconds since 1970: JSON sends seconds, CBOR a tag that the decoder took for seconds, too. */
export function readTime(value: unknown): number | undefined {
  if (value instanceof Date) return value.getTime() / 1000;
  if (typeof value === 'number') return value * 1000;
  if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) return undefined;
  return Date.parse(value);
}
