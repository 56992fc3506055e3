// Demand by price of a home's items: the champion of the `price` predictor, and what it has to know of each item as of now.
import { trainingSql } from '../../learning/index.ts';
import type { TabledDemand } from '../../pricing/index.ts';
import { demandByPrice, PRICE, type ServedModel } from '../../serving/index.ts';
import { tablesNamedIn, type Engine } from '../../warehouse/index.ts';
import { featuresOf, predictorsOf, sourcesBehind, trainingDate } from '../learning/index.ts';
import type { Runtime } from '../runtime.ts';

/** As of when a champion of now is asked. undefined without a predictor of that name. */
export async function demandDate(runtime: Runtime): Promise<string | undefined> {
  const predictor = (await predictorsOf(runtime)).get(PRICE);
  if (predictor === undefined) return undefined;
  const [project, engine] = [await runtime.project(), await runtime.engine()];
  return trainingDate({ project, lake: runtime.lake, engine, signal: runtime.signal }, predictor, sourcesBehind(project, tablesNamedIn(trainingSql(predictor, await featuresOf(runtime)))));
}

/** As of a date, from the tables as `engine` reads them; see `demandByPrice`. */
export function homeDemand(runtime: Pick<Runtime, 'projectFolder' | 'learning' | 'project' | 'parameters'>, champion: Pick<ServedModel, 'version' | 'inputs' | 'score'>, asOf: string, engine: Pick<Engine, 'query'>): Promise<TabledDemand | undefined> {
  return demandByPrice({ predictors: () => predictorsOf(runtime), features: () => featuresOf(runtime), parameters: runtime.parameters }, champion, asOf, engine);
}

/** What curves are made from: they are made again when one of these tables moves on. */
export async function tablesOfDemand(runtime: Runtime): Promise<string[]> {
  const predictor = (await predictorsOf(runtime)).get(PRICE);
  return predictor === undefined ? [] : tablesNamedIn(trainingSql(predictor, await featuresOf(runtime)));
}
