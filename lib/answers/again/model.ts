// A model's answer again: by the stored version, from the logged inputs and from the inputs that the lake has of then.
import { MillraceError, messageOf, textHash } from '../../base/index.ts';
import type { FeatureSet } from '../../features/index.ts';
import { scorerOf, trainingSql, type FittedModel, type LoadedPredictor, type ModelCard, type ModelRegistry } from '../../learning/index.ts';
import type { PredictionRecord } from '../../serving/index.ts';
import type { AnswersContext } from '../context.ts';
import { rereadInputs } from '../inputs/reread.ts';
import { undeclaredInputs } from '../inputs/undeclared.ts';
import { differencesOf, isSameNumber, type Again } from './comparison.ts';
import { cannot } from './standing.ts';

/** @throws `not_found` where the version is gone or damaged. */
export async function modelAgain(context: AnswersContext, record: PredictionRecord): Promise<Again> {
  const { prediction_id: id, kind, version, score: logged, fallback } = record;
  if (fallback) {
    const card = await cardOf(context.registry, record);
    return {
      logged, fromLog: card.baseRate, fromLake: card.baseRate, snapshots: {}, differences: differencesOf({ score: logged }, { score: card.baseRate }), equal: logged !== null && isSameNumber(logged, card.baseRate),
      notes: [`a fall-back: the base rate of version ${version}`],
    };
  }
  const { card, fitted } = await versionOf(context.registry, record);
  const score = scorerOf(fitted);
  if (score === undefined || logged === null) throw new MillraceError('unsupported', `${id} was not answered row by row`, { where: `kind ${kind}`, todo: '`millrace explain` shows what it was made from.' });
  const inputs = JSON.parse(record.features) as Record<string, number | null>;
  const features = await context.features();
  const views = await rereadInputs(context, features, record, card);
  const reread = Object.assign({}, inputs, ...views.map(({ values }) => values)) as Record<string, number | null>;
  const scoreOf = (values: Readonly<Record<string, number | null>>): number => score(Float32Array.from(card.features, (name) => values[name] ?? Number.NaN))[0]!;
  const differences = differencesOf(inputs, reread);
  const [fromLog, fromLake] = [scoreOf(inputs), scoreOf(reread)];
  return {
    logged, fromLog, fromLake, differences, equal: differences.length === 0 && isSameNumber(fromLog, logged),
    snapshots: Object.fromEntries(views.flatMap(({ table, snapshot }) => (snapshot === undefined ? [] : [[table, snapshot]]))),
    notes: [
      ...new Set(views.flatMap(({ notes }) => notes)), ...undeclaredInputs(features, record, card), ...(differences.length > 0 ? changedSince((await context.predictors()).get(kind), features, card) : []),
      ...(!isSameNumber(fromLog, logged) ? [`version ${version} does not give what was answered: its model.json is not the one that answered`] : []),
    ],
  };
}

/** Inputs are read as the project says today. */
function changedSince(predictor: LoadedPredictor | undefined, features: FeatureSet, { version, trainingSet }: ModelCard): string[] {
  return predictor !== undefined && trainingSetOf(predictor, features) === trainingSet ? [] : [`what the project says of the inputs is not what version ${version} was trained on: a feature or the training set has been changed since, and what differs may be that`];
}

/** undefined where it asks for what there is no more. */
function trainingSetOf(predictor: LoadedPredictor, features: FeatureSet): string | undefined {
  try {
    return textHash(trainingSql(predictor, features));
  } catch (thrown) {
    if (thrown instanceof MillraceError) return undefined;
    throw thrown;
  }
}

/** The version that answered, as the registry has it. @throws `not_found` where it is gone or damaged. */
export async function versionOf(registry: ModelRegistry, record: Answered): Promise<{ card: ModelCard; fitted: FittedModel }> {
  return { card: await cardOf(registry, record), fitted: await orGone(record, registry.model(record.kind, record.version)) };
}

type Answered = Pick<PredictionRecord, 'prediction_id' | 'kind' | 'version'>;

function cardOf(registry: ModelRegistry, record: Answered): Promise<ModelCard> {
  return orGone(record, registry.card(record.kind, record.version));
}

async function orGone<Part>({ prediction_id: id, kind, version }: Answered, part: Promise<Part>): Promise<Part> {
  try {
    return await part;
  } catch (thrown) {
    throw cannot(id, `version ${version} of ${kind} cannot be read from the registry: ${messageOf(thrown)}`, `Put models/${kind}/${version} back: nothing else has what was learned.`, thrown instanceof MillraceError ? thrown.where : undefined);
  }
}
