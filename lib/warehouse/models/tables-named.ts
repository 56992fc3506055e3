// The tables of silver and gold that statements name, without parsing them.

/** Of one statement or of several, sorted; tables that only a comment speaks of are not among them. */
export function tablesNamedIn(sql: string): string[] {
  return [...new Set([...sql.replaceAll(/--[^\n]*|\/\*[^]*?\*\//g, '').matchAll(/\b(silver|gold)\.([a-z_]+)\b/g)].map(([text]) => text))].sort();
}
