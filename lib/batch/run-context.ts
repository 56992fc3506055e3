// The warehouse's view of a run: the engine, the project, and the parameters that every SELECT may use.
import { Relations, type RunContext } from '../warehouse/index.ts';
import type { BatchContext } from './context.ts';
import type { BatchPlan } from './tasks/plan.ts';

const relations = new WeakMap<WarehouseScope, Relations>();

/** What a run of the warehouse needs of the batch's context. */
export type WarehouseScope = Pick<BatchContext, 'project' | 'lake' | 'engine' | 'clock' | 'shop' | 'signal'>;

export function runContext(context: WarehouseScope, runId: string, plan: Pick<BatchPlan, 'as_of'>): RunContext {
  const { project, lake, engine, clock, shop, signal } = context;
  let known = relations.get(context);
  if (known === undefined) {
    known = new Relations(project, lake);
    relations.set(context, known);
  }
  return {
    project, lake, engine, clock, runId, signal,
    relations: known,
    parameters: {
      as_of: { type: 'date', value: plan.as_of },
      shop_currency: { type: 'varchar', value: shop.currency },
      shop_time_zone: { type: 'varchar', value: shop.timeZone },
    },
  };
}
