// A moment as SQL has it.

/** A literal in UTC, of milliseconds since 1970. */
export function timestampLiteral(at: number): string {
  return `TIMESTAMP '${new Date(at).toISOString().replace('T', ' ').replace('Z', '')}'`;
}
