// Demand by price of a shop's items: what the champion of the `price` predictor says of each of them at any price.
import type { FeatureSet } from '../../features/index.ts';
import { trainingSql, type LoadedPredictor } from '../../learning/index.ts';
import { answersToPrice, demandCurve, drawnTogether, tabledDemand, type ItemCurve, type TabledDemand } from '../../pricing/index.ts';
import type { Engine, Parameters } from '../../warehouse/index.ts';
import type { ServedModel } from '../context.ts';

/** The predictor that the model-based policy asks. */
export const PRICE = 'price';
/** Columns of its training set beside the inputs: the item, what it is asked for, and, where the set says so, what is usual for it and its category. */
const [ITEM, ASKED, COMMON, CATEGORY] = ['product_id', 'price', 'usual_price', 'category'];

/** What the project says of the predictor, and of what its training set is asked with. */
export interface DemandSource {
  predictors(): Promise<ReadonlyMap<string, LoadedPredictor>>;
  features(): Promise<FeatureSet>;
  /** Of a statement: those that it names. */
  parameters(asOf: string, sql: string): Promise<Parameters>;
}

/**
 * As of a date, from the tables as `engine` reads them. undefined where the version cannot tell one price from another, or the training set does not say what
 * items are asked for.
 */
export async function demandByPrice({ predictors, features, parameters }: DemandSource, { version, inputs, score }: Pick<ServedModel, 'version' | 'inputs' | 'score'>, asOf: string, engine: Pick<Engine, 'query'>): Promise<TabledDemand | undefined> {
  const names = inputs.map(({ name }) => name);
  const predictor = (await predictors()).get(PRICE);
  if (predictor?.label === undefined || !answersToPrice(names)) return undefined;
  const sql = trainingSql(predictor, await features());
  const { columns, rows } = await engine.query(`SELECT * FROM (${sql}\n) AS asked WHERE asked."${predictor.label}" IS NULL`, { parameters: await parameters(asOf, sql) });
  const place = (name: string): number => columns.findIndex((column) => column.name === name);
  const [item, asked, places] = [place(ITEM), place(ASKED), names.map(place)];
  if (item < 0 || asked < 0 || places.includes(-1)) return undefined;
  const [common, category] = [place(COMMON), place(CATEGORY)];
  return tabledDemand(`${PRICE} ${version}`, drawnTogether(rows.flatMap((row): ItemCurve[] => {
    const [price, usualPrice] = [Number(row[asked]), Number(row[common] ?? row[asked])];
    const known = Float64Array.from(places, (at) => (row[at] === null ? Number.NaN : Number(row[at])));
    return price > 0 && usualPrice > 0 ? [{ sku: String(row[item]), category: String(row[category] ?? ''), usualPrice, curve: demandCurve({ inputs: names, score }, known, price) }] : [];
  })));
}
