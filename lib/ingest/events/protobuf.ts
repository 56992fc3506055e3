// As much of protobuf's wire format as aggregated records need: the fields of a message, in their order.

export interface WireField {
  number: number;
  /** Of a varint or a fixed number; undefined for bytes. */
  value?: bigint;
  /** Of a string, bytes or a message: a view, not a copy. */
  bytes?: Uint8Array;
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** undefined: the bytes are no message. Groups, which have been out of use since 2008, are not read. */
export function fieldsOf(message: Uint8Array): WireField[] | undefined {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): bigint | undefined => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= message.length) return undefined;
      const byte = message[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    return undefined;
  };
  while (at < message.length) {
    const tag = varint();
    if (tag === undefined) return undefined;
    const number = Number(tag >> 3n);
    if (number === 0) return undefined;
    switch (Number(tag & 7n)) {
      case VARINT: {
        const value = varint();
        if (value === undefined) return undefined;
        fields.push({ number, value });
        break;
      }
      case BYTES: {
        const length = varint();
        if (length === undefined || length > BigInt(message.length - at)) return undefined;
        fields.push({ number, bytes: message.subarray(at, at + Number(length)) });
        at += Number(length);
        break;
      }
      case FIXED64:
        if (at + 8 > message.length) return undefined;
        fields.push({ number, value: view.getBigUint64(at, true) });
        at += 8;
        break;
      case FIXED32:
        if (at + 4 > message.length) return undefined;
        fields.push({ number, value: BigInt(view.getUint32(at, true)) });
        at += 4;
        break;
      default:
        return undefined;
    }
  }
  return fields;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** undefined: the bytes are not UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
