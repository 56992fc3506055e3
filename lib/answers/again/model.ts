// A model's answer again: by the stored version, from the logged inputs and from the inputs that the lake has of then.
import { MillraceError, messageOf } from '../../base/index.ts';
import { scorerOf, type FittedModel, type ModelCard, type ModelRegistry } from '../../learning/index.ts';
import type { PredictionRecord } from '../../serving/index.ts';
import { differencesOf, isSameNumber, type Again } from './comparison.ts';
import { cannot } from './standing.ts';
import type { AnswersContext } from '../context.ts';
import { rereadInputs } from '../inputs/reread.ts';

/** @throws `not_found` where the version is gone or damaged. */
export async function modelAgain(context: AnswersContext, record: PredictionRecord): Promise<Again> {
  const { prediction_id: id, kind, version, score: logged, fallback } = record;
  const { card, fitted } = await versionOf(context.registry, record);
  if (fallback) {
    return {
      logged, fromLog: card.baseRate, fromLake: card.baseRate, snapshots: {}, differences: differencesOf({ score: logged }, { score: card.baseRate }), equal: logged !== null && isSameNumber(logged, card.baseRate),
      notes: [`a fall-back: the base rate of version ${version}`],
    };
  }
  const score = scorerOf(fitted);
  if (score === undefined || logged === null) throw new MillraceError('unsupported', `${id} was not answered row by row`, { where: `kind ${kind}`, todo: '`millrace explain` shows what it was made from.' });
  const inputs = JSON.parse(record.features) as Record<string, number | null>;
  const views = await rereadInputs(context, await context.features(), record, card);
  const reread = Object.assign({}, inputs, ...views.map(({ values }) => values)) as Record<string, number | null>;
  const scoreOf = (values: Readonly<Record<string, number | null>>): number => score(Float32Array.from(card.features, (name) => values[name] ?? Number.NaN))[0]!;
  const differences = differencesOf(inputs, reread);
  const [fromLog, fromLake] = [scoreOf(inputs), scoreOf(reread)];
  return {
    logged, fromLog, fromLake, differences, equal: differences.length === 0 && isSameNumber(fromLog, logged),
    snapshots: Object.fromEntries(views.flatMap(({ table, snapshot }) => (snapshot === undefined ? [] : [[table, snapshot]]))),
    notes: [...new Set(views.flatMap(({ notes }) => notes)), ...(!isSameNumber(fromLog, logged) ? [`version ${version} does not give what was answered: its model.json is not the one that answered`] : [])],
  };
}

/** The version that answered, as the registry has it. @throws `not_found` where it is gone or damaged. */
export async function versionOf(registry: ModelRegistry, { prediction_id: id, kind, version }: Pick<PredictionRecord, 'prediction_id' | 'kind' | 'version'>): Promise<{ card: ModelCard; fitted: FittedModel }> {
  try {
    return { card: await registry.card(kind, version), fitted: await registry.model(kind, version) };
  } catch (thrown) {
    throw cannot(id, `version ${version} of ${kind} cannot be read from the registry: ${messageOf(thrown)}`, `Put models/${kind}/${version} back: nothing else has what was learned.`, thrown instanceof MillraceError ? thrown.where : undefined);
  }
}
