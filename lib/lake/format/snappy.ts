// Decompression of Snappy's raw format (https://github.com/google/snappy/blob/main/format_description.txt).

/** The bytes that a raw Snappy stream holds; throws a RangeError where it is damaged. */
export function snappyDecompress(source: Uint8Array): Buffer {
  let from = 0;
  const next = (): number => {
    const byte = source[from++];
    if (byte === undefined) throw new RangeError('the Snappy data end early');
    return byte;
  };
  const littleEndian = (size: number): number => {
    let value = 0;
    for (let index = 0; index < size; index++) value += next() * 2 ** (8 * index);
    return value;
  };

  let size = 0;
  for (let scale = 1, byte = 0x80; byte >= 0x80; scale *= 0x80) {
    byte = next();
    size += (byte & 0x7f) * scale;
  }
  const target = Buffer.allocUnsafe(size);
  let to = 0;
  const copyBack = (distance: number, length: number): void => {
    if (distance === 0 || distance > to || to + length > size) throw new RangeError('the Snappy data point outside of the output');
    for (let index = 0; index < length; index++, to++) target[to] = target[to - distance] as number; // ranges may overlap on purpose
  };

  while (from < source.length) {
    const tag = next();
    switch (tag & 3) {
      case 0: {
        let length = tag >>> 2;
        if (length >= 60) length = littleEndian(length - 59);
        length += 1;
        if (from + length > source.length || to + length > size) throw new RangeError('the Snappy data end early');
        target.set(source.subarray(from, from + length), to);
        from += length;
        to += length;
        break;
      }
      case 1: copyBack(((tag & 0xe0) << 3) | next(), ((tag >>> 2) & 7) + 4); break;
      case 2: copyBack(littleEndian(2), (tag >>> 2) + 1); break;
      default: copyBack(littleEndian(4), (tag >>> 2) + 1);
    }
  }
  if (to !== size) throw new RangeError('the Snappy data end early');
  return target;
}
