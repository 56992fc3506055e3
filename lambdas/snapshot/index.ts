// Asks the tables what prices, shipping and recommendations are made from, and keeps the answers where the scoring function finds them.
import { MillraceError, messageOf } from '../../lib/base/index.ts';
import type { Files, Lake } from '../../lib/lake/index.ts';
import { loadPrices, loadRecommender, loadShipping } from '../../lib/local/serving/index.ts';
import { answeringEngine, answersToJson, rememberingEngine, SERVING_FOLDER, type Answers, type Asked } from '../../lib/serving/aws/index.ts';
import { lambdaContext, type AwsContext } from '../shared/context.ts';
import { settingOf } from '../shared/environment.ts';
import { asTask } from '../shared/handler.ts';

export type PartOutcome = 'made' | 'unchanged' | 'empty' | { failed: string };

/** A part, the table whose snapshots are its versions, and the loader whose statements are asked. */
interface Part { name: string; table: string; load: (engine: Asked, version: string, currency: string) => Promise<unknown> }

const PARTS: readonly Part[] = [
  { name: 'prices', table: 'gold.pricing_features', load: (engine, version, currency) => loadPrices(engine, { currency, version, random: () => 0.5 }) },
  { name: 'shipping', table: 'gold.shipping_rate_cards', load: (engine, version, currency) => loadShipping(engine, { currency, version }) },
  { name: 'recommender', table: 'silver.events', load: (engine, version) => loadRecommender(engine, version) },
];

/** More than this would make the scoring function start slowly, and is refused by name. */
const MOST_BYTES = 64 * 2 ** 20;

/** `files`: of the bucket. */
export type SnapshotContext = Pick<AwsContext, 'lake' | 'engine' | 'shop'> & { files: Pick<Files, 'read' | 'write'> };

/** Each part by itself. A part is written whole, by one object, and only where its table has moved on or its statements have changed. */
export async function takeSnapshots(context: SnapshotContext, bucket: string): Promise<Record<string, PartOutcome>> {
  const outcomes: Record<string, PartOutcome> = {};
  for (const part of PARTS) {
    outcomes[part.name] = await takeOne(part, context, `s3://${bucket}/${SERVING_FOLDER}/${part.name}.json`).catch((thrown: unknown) => ({ failed: messageOf(thrown) }));
  }
  return outcomes;
}

async function takeOne({ table, load }: Part, { lake, engine, shop, files }: SnapshotContext, place: string): Promise<PartOutcome> {
  const version = await versionOf(lake, table);
  if (version === undefined) return 'empty';
  const before = await files.read(place).then((bytes) => JSON.parse(Buffer.from(bytes).toString('utf8')) as Answers, () => undefined);
  if (before?.version === version && await load(answeringEngine(before, place), version, shop.currency).then(() => true, () => false)) return 'unchanged';
  const { engine: asked, answers } = rememberingEngine(engine);
  if (await load(asked, version, shop.currency) === undefined) return 'empty';
  const text = answersToJson({ version, answers });
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
