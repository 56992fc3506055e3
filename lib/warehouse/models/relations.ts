// Columns and types of everything that a model can read, tables included that only the lake knows.
import { MillraceError } from '../../base/index.ts';
import type { Lake } from '../../lake/index.ts';
import type { ResultColumn } from '../types.ts';
import { analyseModel, sourceColumns } from './analysis.ts';
import { athenaTypeOf } from './column-types.ts';
import type { Project } from './project.ts';

/** Looks once for each relation and remembers. */
export class Relations {
  private readonly project: Project;
  private readonly lake: Lake;
  private readonly known = new Map<string, Promise<readonly ResultColumn[]>>();

  constructor(project: Project, lake: Lake) {
    this.project = project;
    this.lake = lake;
  }

  /** Columns of `silver.orders`, `source.orders`, `bronze.orders`. Throws `not_found` for what nothing declares. */
  columnsOf(relation: string): Promise<readonly ResultColumn[]> {
    let columns = this.known.get(relation);
    if (columns === undefined) {
      columns = this.find(relation);
      this.known.set(relation, columns);
    }
    return columns;
  }

  private async find(relation: string): Promise<readonly ResultColumn[]> {
    const declared = this.project.analyses.get(relation)?.columns.map(({ name, type }) => ({ name, type })) ?? sourceColumns(relation, this.project.sources) ?? this.project.systemTables[relation];
    if (declared !== undefined) return declared;
    const model = this.project.models.get(relation);
    return model === undefined ? this.fromLake(relation) : this.ofModel(relation, model.relations);
  }

  private async ofModel(name: string, relations: readonly string[]): Promise<readonly ResultColumn[]> {
    const inputs = new Map(await Promise.all(relations.map(async (relation) => [relation, await this.columnsOf(relation)] as const)));
    const model = this.project.models.get(name);
    const analysis = model === undefined ? undefined : analyseModel(model, (relation) => inputs.get(relation));
    if (analysis === undefined) throw new MillraceError('internal', `the columns of ${name} cannot be told`);
    return analysis.columns.map(({ name, type }) => ({ name, type }));
  }

  private async fromLake(relation: string): Promise<readonly ResultColumn[]> {
    const dot = relation.indexOf('.');
    const table = await this.lake.findTable({ namespace: relation.slice(0, dot), name: relation.slice(dot + 1) });
    if (table === undefined) throw new MillraceError('not_found', `there is no table ${relation}, and nothing tells its columns`);
    return table.schema.fields.map(({ name, type }) => ({ name, type: athenaTypeOf(type) }));
  }
}
