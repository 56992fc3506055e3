// The list of allowed functions as Markdown, for docs/sql.md.
import { FUNCTION_GROUPS } from './functions/registry.ts';
import type { FunctionRow } from './functions/rows.ts';

/** One table a group: signatures as in Trino's manual, and what is special here. */
export function functionReference(): string {
  return Object.entries(FUNCTION_GROUPS).map(([group, rows]) => [
    `### ${group}`,
    '',
    '| function | |',
    '|---|---|',
    ...merged(rows).map(({ signatures, notes }) => `| ${signatures.map((text) => `\`${text}\``).join('<br>')} | ${notes.join('; ')} |`),
  ].join('\n')).join('\n\n');
}

/** Rows that follow one another for the same function are one line. */
function merged(rows: readonly FunctionRow[]): { name: string; signatures: string[]; notes: string[] }[] {
  const lines: { name: string; signatures: string[]; notes: string[] }[] = [];
  for (const { signatures, note, use } of rows) {
    const [first] = signatures;
    const name = first?.name ?? '';
    const last = lines.at(-1);
    const line = last?.name === name ? last : { name, signatures: [], notes: use === 'queries' ? ['not in models'] : [] };
    if (line !== last) lines.push(line);
    line.signatures.push(...signatures.map(({ text }) => text));
    if (note !== undefined && !line.notes.includes(note)) line.notes.push(note);
  }
  return lines;
}
