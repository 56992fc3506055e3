// Asks the tables what prices, shipping and recommendations are made from, and keeps the answers where the scoring function finds them.
import { MillraceError, messageOf } from '../../lib/base/index.ts';
import type { Files, Lake } from '../../lib/lake/index.ts';
import { ModelRegistry, modelStoreOn } from '../../lib/learning/index.ts';
import { homeModels } from '../../lib/local/learning/index.ts';
import { answeringEngine, answersToJson, rememberingEngine, SERVING_FOLDER, type Answers } from '../../lib/serving/aws/index.ts';
import { lambdaContext, type AwsContext } from '../shared/context.ts';
import { settingOf } from '../shared/environment.ts';
import { asTask } from '../shared/handler.ts';
import { servingParts, type Part } from '../shared/serving-parts.ts';

export type PartOutcome = 'made' | 'unchanged' | 'empty' | { failed: string };

/** Predictors whose models parts ask. */
const ASKED_BY_PARTS = ['shipping', 'delivery'];

/** More than this would make the scoring function start slowly, and is refused by name. */
const MOST_BYTES = 64 * 2 ** 20;

/** `files`: of the bucket. */
export type SnapshotContext = Pick<AwsContext, 'lake' | 'engine' | 'shop' | 'clock'> & { files: Files };

/** Each part by itself. A part is written whole, by one object, and only where its table has moved on or its statements have changed. */
export async function takeSnapshots(context: SnapshotContext, bucket: string): Promise<Record<string, PartOutcome>> {
  const { files, shop, clock } = context;
  const registry = new ModelRegistry(modelStoreOn(files, `s3://${bucket}/registry`));
  // What is asked for shipping depends on which models answer; what these ask from is of no matter here.
  const models = homeModels(registry, ASKED_BY_PARTS, () => undefined);
  await models.refresh();
  const parts = servingParts({ environment: process.env, ...shop, models, registry, now: () => clock.now() });
  const outcomes: Record<string, PartOutcome> = {};
  for (const [name, part] of Object.entries(parts)) {
    outcomes[name] = await takeOne(part as Part<unknown>, context, `s3://${bucket}/${SERVING_FOLDER}/${name}.json`).catch((thrown: unknown) => ({ failed: messageOf(thrown) }));
  }
  return outcomes;
}

async function takeOne({ table, asks = [], load }: Part<unknown>, { lake, engine, files }: SnapshotContext, place: string): Promise<PartOutcome> {
  const version = await versionOf(lake, table);
  if (version === undefined) return 'empty';
  const others = await Promise.all(asks.map(async (name) => [name, await versionOf(lake, name)] as const));
  const tables = others.flatMap(([name, id]) => (id === undefined ? [] : [name]));
  const madeFrom = [version, ...others.flatMap(([, id]) => id ?? [])].join('.');
  const before = await files.read(place).then((bytes) => JSON.parse(Buffer.from(bytes).toString('utf8')) as Answers, () => undefined);
  if (before?.madeFrom === madeFrom && await load(answeringEngine(before, place), version, before.tables).then(() => true, () => false)) return 'unchanged';
  const { engine: asked, answers } = rememberingEngine(engine);
  if (await load(asked, version, tables) === undefined) return 'empty';
  const text = answersToJson({ version, madeFrom, tables, answers });
  if (text.length > MOST_BYTES) throw new MillraceError('too_big', `${text.length} bytes are more than the scoring function loads (${MOST_BYTES})`, { where: place, todo: 'Serve this part from a home, or keep fewer rows in its tables.' });
  await files.write(place, Buffer.from(text));
  return 'made';
}

async function versionOf(lake: Lake, table: string): Promise<string | undefined> {
  const [namespace = '', name = ''] = table.split('.');
  const id = (await lake.findTable({ namespace, name }))?.metadata['current-snapshot-id'];
  return id === undefined ? undefined : String(id);
}

export const handler = asTask(async (context: AwsContext) => {
  const outcomes = await takeSnapshots({ ...context, files: context.lake.context.files }, settingOf(process.env, 'MILLRACE_MODELS', 'serving'));
  const failed = Object.entries(outcomes).flatMap(([name, outcome]) => (typeof outcome === 'object' ? [`${name}: ${outcome.failed}`] : []));
  process.stdout.write(`${JSON.stringify({ level: failed.length === 0 ? 'INFO' : 'ERROR', message: 'snapshots for serving', outcomes })}\n`);
  if (failed.length > 0) throw new MillraceError('io', failed.join('; '), { todo: 'The scoring function goes on with what it has; the next call tries again.' });
  return outcomes;
}, lambdaContext());
