// How things may have stood at a price: an account notes less of it than a home.
import { dayIn, type PricingConfig } from '../../base/index.ts';
import type { DemandModel } from '../../pricing/index.ts';
import { demandByPrice, loadVersion, PRICE, type PredictionRecord } from '../../serving/index.ts';
import { pinnedTo, type Engine } from '../../warehouse/index.ts';
import type { AnswersContext } from '../context.ts';
import { DEMAND, type AnswerState } from '../states.ts';
import { LOOKED_WITHIN_MS } from './champions.ts';
import { readable, statesOf } from './standing.ts';

/** In an account each scoring function finds for itself which day it is and which demand there is: a state says neither there. */
interface Facts { pricing: PricingConfig | null; at?: number; day?: string; champion?: string | null; demandAsOf?: string | null }

/** Demand by price: a version, asked as of a date. */
interface AskedDemand { champion: string; asOf: string; snapshots: AnswerState['snapshots'] }

/** How things may have stood at the answer. */
export interface Standing { snapshots: AnswerState['snapshots']; pricing: PricingConfig | null; at: number; day: string; demand: AskedDemand | undefined }

/** `champion`: the version of the demand that the answer names. */
export async function standingsOf(context: AnswersContext, record: PredictionRecord, states: readonly AnswerState[], champion: string | undefined): Promise<Standing[]> {
  const { timeZone } = await context.shop();
  const isOpen = states.some(({ facts }) => (facts as unknown as Facts).champion === undefined);
  const demands = isOpen && champion !== undefined ? await readable(context, await statesOf(context, DEMAND, record, ({ facts }) => facts['champion'] === champion), record) : [];
  return states.flatMap(({ snapshots, facts, at: since }): Standing[] => {
    const { pricing, at, day, champion: known, demandAsOf } = facts as unknown as Facts;
    if (at !== undefined && day !== undefined) return [{ snapshots, pricing, at, day, demand: typeof known === 'string' && typeof demandAsOf === 'string' ? { champion: known, asOf: demandAsOf, snapshots } : undefined }];
    // A list counts that held when the function looked: between its being made and the answer.
    const moments = [...new Set([record.predicted_at, record.predicted_at - LOOKED_WITHIN_MS])].map((then) => dayIn(timeZone, then));
    return [...new Set(moments)].flatMap((day) => [record.predicted_at, since].flatMap((at) => (demands.length === 0 ? [undefined] : demands)
      .map((state): Standing => ({ snapshots, pricing, at, day, demand: state === undefined ? undefined : { champion: champion!, asOf: String(state.facts['demandAsOf']), snapshots: state.snapshots } }))));
  });
}

/** undefined where the version cannot tell one price from another. */
export async function demandOf(context: AnswersContext, engine: Pick<Engine, 'query'>, { champion, asOf, snapshots }: AskedDemand): Promise<DemandModel | undefined> {
  const loaded = await loadVersion(context.registry, PRICE, 'champion', champion, () => undefined);
  return loaded === undefined ? undefined : demandByPrice(context, loaded.model, asOf, pinnedTo(engine, snapshots));
}
