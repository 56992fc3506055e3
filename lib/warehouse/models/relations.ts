// Columns and types of everything that a model can read, told from contracts and SELECTs alone: no row has to be there.
import { MillraceError } from '../../base/index.ts';
import { bronzeColumns, typedColumns } from '../../contracts/index.ts';
import type { Lake } from '../../lake/index.ts';
import { athenaTypeOf } from './column-types.ts';
import { emptyRelation } from './literal-rows.ts';
import type { Project } from './project.ts';
import { expandSources } from './sources.ts';
import type { Engine, Parameters, ResultColumn } from '../types.ts';

/** Values of every parameter a model may use, for when only names and types matter. */
export const ANY_PARAMETERS: Parameters = Object.freeze({
  as_of: { type: 'date', value: '2000-01-01' },
  from: { type: 'date', value: '2000-01-01' },
  to: { type: 'date', value: '2000-01-01' },
  now: { type: 'timestamp', value: '2000-01-01 00:00:00' },
  shop_currency: { type: 'varchar', value: '' },
  shop_time_zone: { type: 'varchar', value: 'UTC' },
});

/** Asks the engine once for each relation and remembers. */
export class Relations {
  private readonly project: Project;
  private readonly engine: Engine;
  private readonly known = new Map<string, Promise<readonly ResultColumn[]>>();
  private readonly lake: Lake;

  /** `lake` tells the columns of tables that neither a model nor a contract declares. */
  constructor(project: Project, engine: Engine, lake: Lake) {
    this.project = project;
    this.engine = engine;
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

  /** Empty relations in place of all that `relations` names: what makes a SELECT describable before any of them exists. */
  async emptyOverlays(relations: readonly string[]): Promise<Record<string, string>> {
    return Object.fromEntries(await Promise.all(relations.map(async (relation) => [relation, emptyRelation(await this.columnsOf(relation))])));
  }

  private async find(relation: string): Promise<readonly ResultColumn[]> {
    const [layer = '', name = ''] = relation.split('.');
    const contract = this.project.sources.get(name);
    if (layer === 'bronze' && contract !== undefined) return bronzeColumns(contract).map(({ name, type }) => ({ name, type: athenaTypeOf(type) }));
    if (layer === 'source' && contract !== undefined) return typedColumns(contract).map(({ name, type }) => ({ name, type }));
    const model = this.project.models.get(relation);
    if (model !== undefined) {
      const keep = new Set(model.relations);
      return this.engine.describe(expandSources(model.sql, this.project.sources, keep, model.file), { overlays: await this.emptyOverlays(model.relations), parameters: ANY_PARAMETERS });
    }
    const table = await this.lake.findTable({ namespace: layer, name });
    if (table === undefined) throw new MillraceError('not_found', `there is no table ${relation}, and nothing tells its columns`);
    return table.schema.fields.map(({ name, type }) => ({ name, type: athenaTypeOf(type) }));
  }
}
