// Lineage to the column: what a table's columns are computed from, back to the sources, and who computes something from them.
import { MillraceError } from '../../base/index.ts';
import { analyse, type ColumnReference } from '../dialect/index.ts';
import { sourceColumns } from './analysis.ts';
import { didYouMean } from './near.ts';
import type { Project } from './project.ts';
import { typedSourceSql } from './sources.ts';

export interface ColumnLineage {
  table: string;
  column: string;
  type: string;
  /** Columns that its value is computed from, one step back; of `source.<name>`, those of its bronze table. */
  from: readonly ColumnReference[];
  /** Columns of other tables that are computed from it, one step on. */
  to: readonly ColumnReference[];
  /** Models that use it in a condition, a join or a grouping without taking its value over. */
  usedBy: readonly string[];
}

/** Lineage of a table's columns, or of one of them. Throws `not_found`, with near names, for what there is not. */
export function lineageOf(project: Project, table: string, column?: string): ColumnLineage[] {
  const columns = columnsWithOrigin(project, table);
  if (columns === undefined) {
    const known = [...project.analyses.keys(), ...[...project.sources.keys()].flatMap((name) => [`source.${name}`, `bronze.${name}`]), ...Object.keys(project.systemTables)];
    throw new MillraceError('not_found', `nothing tells the columns of ${table}`, {
      todo: didYouMean(table, known) ?? 'Lineage is known of models, sources and bronze tables.',
    });
  }
  const wanted = column === undefined ? columns : columns.filter(({ name }) => name === column);
  if (wanted.length === 0) {
    const names = columns.map(({ name }) => name);
    throw new MillraceError('not_found', `${table} has no column ${column}`, { todo: didYouMean(column ?? '', names) ?? `It has ${names.join(', ')}.` });
  }
  return wanted.map(({ name, type, from }) => ({ table, column: name, type, from, ...usesOf(project, { table, column: name }) }));
}

interface WithOrigin { name: string; type: string; from: readonly ColumnReference[] }

function columnsWithOrigin(project: Project, table: string): readonly WithOrigin[] | undefined {
  const analysis = project.analyses.get(table);
  if (analysis !== undefined) return analysis.columns;
  const contract = project.sources.get(table.slice(table.indexOf('.') + 1));
  if (contract !== undefined && table.startsWith('source.')) {
    return analyse(typedSourceSql(contract), { columns: ({ name }) => sourceColumns(name, project.sources) }).columns;
  }
  return (sourceColumns(table, project.sources) ?? project.systemTables[table])?.map((each) => ({ ...each, from: [] }));
}

function usesOf(project: Project, { table, column }: ColumnReference): Pick<ColumnLineage, 'to' | 'usedBy'> {
  const isIt = (reference: ColumnReference) => reference.table === table && reference.column === column;
  const to: ColumnReference[] = [];
  const usedBy: string[] = [];
  const source = table.startsWith('bronze.') ? table.replace('bronze.', 'source.') : undefined;
  if (source !== undefined) {
    const derived = columnsWithOrigin(project, source) ?? [];
    to.push(...derived.filter(({ from }) => from.some(isIt)).map(({ name }) => ({ table: source, column: name })));
  }
  for (const [model, { columns, uses }] of project.analyses) {
    const taken = columns.filter(({ from }) => from.some(isIt));
    to.push(...taken.map(({ name }) => ({ table: model, column: name })));
    if (taken.length === 0 && uses.some(isIt)) usedBy.push(model);
  }
  return { to, usedBy };
}
