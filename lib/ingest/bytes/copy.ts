// A copy of bytes that belong to somebody else. `slice` would not do: on a Buffer it gives a view of the same memory.

export function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
