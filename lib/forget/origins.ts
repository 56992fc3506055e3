// Which columns of a table show whom columns of a source name: by lineage, over all models between.
import type { PersonValues } from '../ingest/index.ts';
import type { Project } from '../warehouse/index.ts';

/** The values that a column of the table may hold of the person; none where it is not computed from what names them. */
export function valuesIn(project: Pick<Project, 'analyses'>, { source, values }: { source: string; values: PersonValues }, table: string, column: string): readonly string[] {
  const found = new Set<string>();
  const seen = new Set<string>();
  const follow = (from: string, name: string): void => {
    if (seen.has(`${from}.${name}`)) return;
    seen.add(`${from}.${name}`);
    if (from === `source.${source}` || from === `bronze.${source}`) for (const value of values.get(name) ?? []) found.add(value);
    for (const origin of project.analyses.get(from)?.columns.find((each) => each.name === name)?.from ?? []) follow(origin.table, origin.column);
  };
  follow(table, column);
  return [...found];
}
