// What kind of answer it is: a model's own, or one of a route that asks models among others.
import type { PredictionRecord } from '../serving/index.ts';
import type { AnswersContext } from './context.ts';

/** Prices, quotes and recommendations bear the names of predictors, too, but come from routes of their own. */
export async function isOfModel(context: AnswersContext, { kind, entity, version }: PredictionRecord): Promise<boolean> {
  const asked = JSON.parse(entity) as Record<string, unknown>;
  if (kind === 'price') return !version.includes(':');
  if (kind === 'shipping') return !('destination_zone' in asked);
  if (kind === 'recommendations') return false;
  return (await context.predictors()).has(kind) || (await context.registry.predictors()).includes(kind);
}
