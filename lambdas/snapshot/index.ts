// Asks the tables what prices, shipping and recommendations are made from, and keeps the answers where the scoring function finds them.
import { MillraceError, messageOf } from '../../lib/base/index.ts';
import { contractFromJson } from '../../lib/contracts/index.ts';
import { compileFeatures } from '../../lib/features/index.ts';
import { currentSnapshots, type Files } from '../../lib/lake/index.ts';
import { ModelRegistry, modelStoreOn } from '../../lib/learning/index.ts';
import { AnswerStates, FEATURES, PRICES, RECOMMENDED, SHIPPING } from '../../lib/answers/index.ts';
import { registryModels, TABLES_OF_HISTORIES, TABLES_OF_PRICES, TABLES_OF_SHIPPING } from '../../lib/serving/index.ts';
import { pinnedTo } from '../../lib/warehouse/index.ts';
import { answeringEngine, answersToJson, rememberingEngine, SERVING_FOLDER, type Answers } from '../../lib/serving/aws/index.ts';
import { STATES_FOLDER } from '../../lib/answers/aws/index.ts';
import { lambdaContext, type AwsContext } from '../shared/context.ts';
import { settingOf } from '../shared/environment.ts';
import { FEATURE_PLANS } from '../shared/feature-plans.ts';
import { asTask } from '../shared/handler.ts';
import { servingParts, type Part } from '../shared/serving-parts.ts';

export type PartOutcome = 'made' | 'unchanged' | 'empty' | { failed: string };

/** Predictors whose models parts ask. */
const ASKED_BY_PARTS = ['shipping', 'delivery'];

/** More than this would make the scoring function start slowly, and is refused by name. */
const MOST_BYTES = 64 * 2 ** 20;

/** `files`: of the bucket. */
export type SnapshotContext = Pick<AwsContext, 'lake' | 'engine' | 'shop' | 'clock'> & { files: Files };

/** How each part is noted, so that its answers can be computed again: the tables that it is made from, and the project's settings. */
const NOTED = {
  prices: { part: PRICES, reads: TABLES_OF_PRICES, facts: () => ({ pricing: settingsIn('MILLRACE_PRICING') }) },
  shipping: { part: SHIPPING, reads: TABLES_OF_SHIPPING, facts: () => ({ shipping: settingsIn('MILLRACE_SHIPPING') }) },
  recommender: { part: RECOMMENDED, reads: TABLES_OF_HISTORIES, facts: () => ({}) },
} as const;

function settingsIn(name: string): unknown {
  const text = process.env[name];
  return text === undefined ? null : JSON.parse(text);
}

/** Each part by itself. A part is written whole, by one object, and only where its table has moved on or its statements have changed. */
export async function takeSnapshots(context: SnapshotContext, bucket: string): Promise<Record<string, PartOutcome>> {
  const { files, shop, clock } = context;
  const registry = new ModelRegistry(modelStoreOn(files, `s3://${bucket}/registry`));
  // What is asked for shipping depends on which models answer; what these ask from is of no matter here.
  const models = registryModels(registry, ASKED_BY_PARTS, () => undefined);
  await models.refresh();
  const parts = servingParts({ environment: process.env, ...shop, models, registry, now: () => clock.now() });
  const states = new AnswerStates(files, `s3://${bucket}/${STATES_FOLDER}`);
  await noteFeatures(context, states);
  const outcomes: Record<string, PartOutcome> = {};
  for (const name of ['prices', 'shipping', 'recommender'] as const) {
    outcomes[name] = await takeOne(parts[name] as Part<unknown>, name, context, states, `s3://${bucket}/${SERVING_FOLDER}/${name}.json`).catch((thrown: unknown) => ({ failed: messageOf(thrown) }));
  }
  return outcomes;
}

async function takeOne({ table, asks = [], load }: Part<unknown>, name: keyof typeof NOTED, { lake, engine, files, clock }: SnapshotContext, states: AnswerStates, place: string): Promise<PartOutcome> {
  const { part, reads, facts } = NOTED[name];
  // All of one moment: what moves on meanwhile is read the next time.
  const snapshots = await currentSnapshots(lake, [...new Set([table, ...asks, ...reads])]);
  const version = snapshots[table];
  if (version === undefined) return 'empty';
  const tables = asks.filter((other) => snapshots[other] !== undefined);
  const madeFrom = [version, ...tables.map((other) => snapshots[other])].join('.');
  const before = await files.read(place).then((bytes) => JSON.parse(Buffer.from(bytes).toString('utf8')) as Answers, () => undefined);
  if (before?.madeFrom === madeFrom && before.snapshots !== undefined && await load(answeringEngine(before, place), version, before.tables).then(() => true, () => false)) {
    // Settings may have changed, which the scoring function has from its own environment.
    await states.note({ part, at: clock.now(), snapshots: before.snapshots, facts: facts() });
    return 'unchanged';
  }
  const { engine: asked, answers } = rememberingEngine(pinnedTo(engine, snapshots));
  if (await load(asked, version, tables) === undefined) return 'empty';
  const text = answersToJson({ version, madeFrom, snapshots, tables, answers });
  if (text.length > MOST_BYTES) throw new MillraceError('too_big', `${text.length} bytes are more than the scoring function loads (${MOST_BYTES})`, { where: place, todo: 'Serve this part from a home, or keep fewer rows in its tables.' });
  await states.note({ part, at: clock.now(), snapshots, facts: facts() });
  await files.write(place, Buffer.from(text));
  return 'made';
}

/** Of the tables that have the events which are folded into the online store. */
async function noteFeatures({ lake, clock }: SnapshotContext, states: AnswerStates): Promise<void> {
  const features = compileFeatures(FEATURE_PLANS, new Map(FEATURE_PLANS.contracts.map((text) => contractFromJson(text)).map((contract) => [contract.name, contract])));
  const tables = [...new Set([...features.views.values()].map(({ source }) => source.table))].sort();
  if (tables.length > 0) await states.note({ part: FEATURES, at: clock.now(), snapshots: await currentSnapshots(lake, tables), facts: {} });
}

export const handler = asTask(async (context: AwsContext) => {
  const outcomes = await takeSnapshots({ ...context, files: context.lake.context.files }, settingOf(process.env, 'MILLRACE_MODELS', 'serving'));
  const failed = Object.entries(outcomes).flatMap(([name, outcome]) => (typeof outcome === 'object' ? [`${name}: ${outcome.failed}`] : []));
  process.stdout.write(`${JSON.stringify({ level: failed.length === 0 ? 'INFO' : 'ERROR', message: 'snapshots for serving', outcomes })}\n`);
  if (failed.length > 0) throw new MillraceError('io', failed.join('; '), { todo: 'The scoring function goes on with what it has; the next call tries again.' });
  return outcomes;
}, lambdaContext());
