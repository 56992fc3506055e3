// An answer of the API, from its log.
import { messageOf } from '../../base/index.ts';
import type { FeatureSet } from '../../features/index.ts';
import { viewOf, type ModelCard } from '../../learning/index.ts';
import type { PredictionRecord } from '../../serving/index.ts';
import { valueOf } from '../again/comparison.ts';
import type { AnswersContext } from '../context.ts';
import { rereadInputs, type RereadView } from '../inputs/reread.ts';
import { undeclaredInputs } from '../inputs/undeclared.ts';
import { givenIn } from '../inputs/served.ts';
import { isOfModel } from '../kinds.ts';
import { contributionsOf } from './contributions.ts';
import type { ExplainedInput, Explanation } from './explanation.ts';
import { answerOf, reasonOf } from './told.ts';
import { knownVersion, type KnownVersion } from './version.ts';

export async function explainLogged(context: AnswersContext, record: PredictionRecord): Promise<Explanation> {
  const values = JSON.parse(record.features) as Record<string, unknown>;
  const reason = reasonOf(record);
  const told = { prediction: record, ...(reason === undefined ? {} : { reason }), outcomes: await context.log.outcomesOf(record) };
  if (!(await isOfModel(context, record))) {
    return { ...told, notes: [], answer: answerOf(record), features: Object.entries(values).map(([name, value]) => ({ name, value: valueOf(value), source: SOURCES[record.kind] ?? 'the request' })) };
  }
  // A fall-back without a version is of nobody.
  const { card, fitted, notes }: KnownVersion = record.version === 'none' ? { notes: [] } : await knownVersion(context.registry, record.kind, record.version);
  const features = await context.features();
  const { views, unread } = card === undefined || record.fallback ? { views: [], unread: [] } : await inputsOf(context, features, record, card);
  const contributions = card === undefined || record.fallback ? undefined : contributionsOf(fitted, Float32Array.from(card.features, (name) => Number(values[name] ?? Number.NaN)), record.score);
  const given = givenIn(record.response);
  return {
    ...told, answer: {}, ...(card === undefined ? {} : { card }), ...(contributions?.ok === true ? { bias: contributions.each.at(-1)! } : {}),
    notes: [...notes, ...unread, ...(contributions?.ok === false ? [contributions.why] : [])],
    features: Object.entries(values).map(([name, value]): ExplainedInput => {
      const view = given.has(name) ? undefined : viewOf(features, name);
      const newest = views.find((one) => one.view === view)?.newest;
      const at = card?.features.indexOf(name) ?? -1;
      return {
        name, value: valueOf(value), source: view === undefined ? 'the request' : sourceOf(view, views, features.views.get(view)!.source.table),
        ...(newest === undefined ? {} : { newest: new Date(newest).toISOString() }), ...(contributions?.ok !== true || at < 0 ? {} : { contribution: contributions.each[at]! }),
      };
    }),
  };
}

/** What the lake tells of the inputs; what was answered is told also where it cannot be asked. */
async function inputsOf(context: AnswersContext, features: FeatureSet, record: PredictionRecord, card: ModelCard): Promise<{ views: RereadView[]; unread: string[] }> {
  try {
    return { views: await rereadInputs(context, features, record, card), unread: undeclaredInputs(features, record, card) };
  } catch (thrown) {
    context.signal?.throwIfAborted();
    return { views: [], unread: [`when the inputs were made could not be looked up: ${messageOf(thrown)}`] };
  }
}

const SOURCES: Readonly<Record<string, string>> = { price: 'gold.pricing_features, and what is made from it', shipping: 'the request, or the shop where it says nothing' };

function sourceOf(view: string, views: readonly RereadView[], table: string): string {
  return `${view}, from ${views.find((one) => one.view === view)?.table ?? table}`;
}
