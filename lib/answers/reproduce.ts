// Whether an answer can be computed again: from its log, and from the lake as it was.
import { MillraceError } from '../base/index.ts';
import { assign } from '../experiments/index.ts';
import { trafficOf, type PredictionRecord } from '../serving/index.ts';
import type { Again } from './again/comparison.ts';
import { isOfModel } from './kinds.ts';
import { cannot } from './again/standing.ts';
import { heldAt } from './again/champions.ts';
import type { AnswersContext } from './context.ts';
import { findAnswer } from './find.ts';
import { batchAgain } from './again/batch.ts';
import { modelAgain } from './again/model.ts';
import { priceAgain } from './again/price.ts';
import { quoteAgain } from './again/quote.ts';
import { recommendationsAgain } from './again/recommendations.ts';

export interface Reproduction extends Again { predictionId: string; kind: string; version: string }

/**
 * Computes an answer again.
 * @throws `not_found` where there is no such answer, or what it was made from is not kept any more; `unsupported` for what nothing computed.
 */
export async function reproduceAnswer(context: AnswersContext, id: string): Promise<Reproduction> {
  const found = await findAnswer(context, id);
  if (found.kind === 'batch') {
    const { predictionId, predictor, source } = found.answer;
    return { predictionId, kind: predictor.name, version: source?.version ?? '', ...await batchAgain(context, found.answer) };
  }
  const { record } = found;
  const again = await loggedAgain(context, record);
  const notes = [...again.notes, ...await assignedAgain(context, record)];
  return { predictionId: record.prediction_id, kind: record.kind, version: record.version, ...again, notes };
}

async function loggedAgain(context: AnswersContext, record: PredictionRecord): Promise<Again> {
  const { prediction_id: id, kind, version } = record;
  if (version === 'none') throw new MillraceError('unsupported', `${id} was answered by no model: there was none`, { where: `kind ${kind}`, todo: '`millrace explain` shows what was asked.' });
  if (await isOfModel(context, record)) return modelAgain(context, record);
  if (kind === 'price') return priceAgain(context, record);
  if (kind === 'shipping') return quoteAgain(context, record);
  if (kind === 'recommendations') return recommendationsAgain(context, record);
  throw cannot(id, `there is no predictor ${kind} any more`, `Put predictors/${kind}.ts back.`);
}

/** Whether the unit would be given the same variant again, in words; nothing for who was in none. */
async function assignedAgain(context: AnswersContext, record: PredictionRecord): Promise<string[]> {
  const { experiment, variant, unit, kind, predicted_at: at } = record;
  if (variant === 'canary' && experiment === null) {
    // One that has ended a moment before may still have answered.
    const canary = (await heldAt(context.registry, kind, at)).find((state) => state.canary !== undefined)?.canary;
    const entity = Object.values(JSON.parse(record.entity) as Record<string, unknown>)[0];
    if (canary === undefined) return ['the registry knows of no canary at that time'];
    const inPlace = record.version === canary.version ? [] : [`the canary's version ${canary.version} could not answer, so version ${record.version} did`];
    return [...inPlace, `${trafficOf(kind, canary).takes(unit ?? String(entity ?? '')) ? 'the canary would have' : 'the canary would not have'} ${unit ?? String(entity ?? '')} again: ${canary.share * 100} % of the traffic since ${new Date(canary.startedAt).toISOString()}`];
  }
  if (experiment === null || unit === null) return [];
  const declared = (await context.experiments()).find(({ name }) => name === experiment);
  if (declared === undefined) return [`the declaration of the experiment ${experiment} is gone: experiments/${experiment}.json`];
  const again = assign(declared, unit, { ...(record as unknown as Record<string, string>) });
  return [again.assigned ? `${unit} is in variant ${again.variant.name} of ${experiment}${again.variant.name === variant ? ', as it was answered' : `, where ${variant} was answered`}` : `${unit} is not in ${experiment} by its declaration of now: ${again.reason.replaceAll('_', ' ')}`];
}
