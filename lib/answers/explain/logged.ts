// An answer of the API, from its log.
import { viewOf } from '../../learning/index.ts';
import type { PredictionRecord } from '../../serving/index.ts';
import { valueOf } from '../again/comparison.ts';
import type { AnswersContext } from '../context.ts';
import { rereadInputs, type RereadView } from '../inputs/reread.ts';
import { givenIn } from '../inputs/served.ts';
import { isOfModel } from '../kinds.ts';
import { contributionsOf } from './contributions.ts';
import type { ExplainedInput, Explanation } from './explanation.ts';
import { answerOf, reasonOf } from './told.ts';

export async function explainLogged(context: AnswersContext, record: PredictionRecord): Promise<Explanation> {
  const values = JSON.parse(record.features) as Record<string, unknown>;
  const reason = reasonOf(record);
  const told = { prediction: record, ...(reason === undefined ? {} : { reason }), outcomes: await context.log.outcomesOf(record) };
  if (!(await isOfModel(context, record))) {
    return { ...told, answer: answerOf(record), features: Object.entries(values).map(([name, value]) => ({ name, value: valueOf(value), source: SOURCES[record.kind] ?? 'the request' })) };
  }
  const { registry } = context;
  // What was answered is told also where the version is gone.
  const [card, fitted] = await Promise.all([registry.card(record.kind, record.version), registry.model(record.kind, record.version)]).catch(() => [undefined, undefined] as const);
  const features = await context.features();
  const views = card === undefined || record.fallback ? [] : await rereadInputs(context, features, record, card);
  const contributions = card === undefined || record.fallback ? undefined : contributionsOf(fitted, Float32Array.from(card.features, (name) => Number(values[name] ?? Number.NaN)));
  const given = givenIn(record.response);
  return {
    ...told, answer: {}, ...(card === undefined ? {} : { card }), ...(contributions === undefined ? {} : { bias: contributions.at(-1)! }),
    features: Object.entries(values).map(([name, value]): ExplainedInput => {
      const view = given.has(name) ? undefined : viewOf(features, name);
      const newest = views.find((one) => one.view === view)?.newest;
      const at = card?.features.indexOf(name) ?? -1;
      return {
        name, value: valueOf(value), source: view === undefined ? 'the request' : sourceOf(view, views, features.views.get(view)!.source.table),
        ...(newest === undefined ? {} : { newest: new Date(newest).toISOString() }), ...(contributions === undefined || at < 0 ? {} : { contribution: contributions[at]! }),
      };
    }),
  };
}

const SOURCES: Readonly<Record<string, string>> = { price: 'gold.pricing_features, and what is made from it', shipping: 'the request' };

function sourceOf(view: string, views: readonly RereadView[], table: string): string {
  return `${view}, from ${views.find((one) => one.view === view)?.table ?? table}`;
}
