// Demand by price of a home's items: the champion of the `price` predictor, and what it has to know of each item as of now.
import { answersToPrice, demandCurve, drawnTogether, tabledDemand, type ItemCurve, type TabledDemand } from '../../pricing/index.ts';
import type { ServedModel } from '../../serving/index.ts';
import { tablesNamedIn, type Engine } from '../../warehouse/index.ts';
import { featuresOf, predictorsOf, sourcesBehind, trainingDate } from '../learning/index.ts';
import { trainingSql } from '../../learning/index.ts';
import type { Runtime } from '../runtime.ts';

/** The predictor that the model-based policy asks. */
export const PRICE = 'price';
/** Columns of its training set beside the inputs: the item, what it is asked for, and, where the set says so, what is usual for it and its category. */
const [ITEM, ASKED, COMMON, CATEGORY] = ['product_id', 'price', 'usual_price', 'category'];

/** As of when a champion of now is asked. undefined without a predictor of that name. */
export async function demandDate(runtime: Runtime): Promise<string | undefined> {
  const predictor = (await predictorsOf(runtime)).get(PRICE);
  if (predictor === undefined) return undefined;
  const [project, engine] = [await runtime.project(), await runtime.engine()];
  return trainingDate({ project, lake: runtime.lake, engine, signal: runtime.signal }, predictor, sourcesBehind(project, tablesNamedIn(trainingSql(predictor, await featuresOf(runtime)))));
}

/**
 * As of a date, from the tables as `engine` reads them. undefined where the version cannot tell one price from another, or the training set does not say what
 * items are asked for.
 */
export async function homeDemand(runtime: Pick<Runtime, 'projectFolder' | 'learning' | 'project' | 'parameters'>, { version, inputs, score }: Pick<ServedModel, 'version' | 'inputs' | 'score'>, asOf: string, engine: Pick<Engine, 'query'>): Promise<TabledDemand | undefined> {
  const names = inputs.map(({ name }) => name);
  const predictor = (await predictorsOf(runtime)).get(PRICE);
  if (predictor?.label === undefined || !answersToPrice(names)) return undefined;
  const sql = trainingSql(predictor, await featuresOf(runtime));
  const { columns, rows } = await engine.query(`SELECT * FROM (${sql}\n) AS asked WHERE asked."${predictor.label}" IS NULL`, { parameters: await runtime.parameters(asOf, sql) });
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

/** What curves are made from: they are made again when one of these tables moves on. */
export async function tablesOfDemand(runtime: Runtime): Promise<string[]> {
  const predictor = (await predictorsOf(runtime)).get(PRICE);
  return predictor === undefined ? [] : tablesNamedIn(trainingSql(predictor, await featuresOf(runtime)));
}
