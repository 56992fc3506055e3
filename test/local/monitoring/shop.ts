// A home in which a model has answered for two days: events in the lake and in online stores, answers in the log, each made from what a store said then.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { foldBatch, loadFeatures, openLmdbStore, readViews, type FeatureSet, type LmdbStore } from '../../../lib/features/index.ts';
import { overwriteRows } from '../../../lib/lake/duckdb/index.ts';
import { modelBaseline, seededRandom, viewOf, type ModelCard, type ModelRegistry, type TreeModel } from '../../../lib/learning/index.ts';
import { openRuntime, registryOf, type Runtime } from '../../../lib/local/index.ts';
import { rowsAsSelect, type OpsRow } from '../../../lib/quality/index.ts';
import { numberOf } from '../../../lib/serving/index.ts';
import type { TableDefinition } from '../../../lib/lake/index.ts';
import { eventOf, testClock } from '../../features/support.ts';

export const PROJECT = path.resolve(import.meta.dirname, '../../..');
/** A second of no tile's edge. */
export const START = Date.UTC(2026, 2, 1, 8, 0, 0, 500);
export const INPUTS = ['visitor.views_7d', 'visitor.carts_7d', 'visitor.last_seen_at', 'item.views_7d', 'interest.interaction_score_30d', 'discount'];
/** How far behind the slow store is. */
export const BEHIND_MS = 20_000;

export interface Answer { given?: string[]; id: string; version: string; visitorid: string; itemid: string; at: number; features: Record<string, number | null>; score: number }

const EVENTS: TableDefinition = {
  columns: [
    ...['event_id', 'visitorid', 'event', 'itemid', 'transactionid', 'device_type', 'query', 'duplicate_of'].map((name) => ({ name, type: 'string' as const })),
    { name: 'event_time', type: 'timestamp' }, { name: 'event_date', type: 'date' }, { name: 'arrived_at', type: 'timestamp' },
  ],
};
const PREDICTIONS: TableDefinition = {
  columns: [
    ...['prediction_id', 'kind', 'version', 'entity', 'features', 'response'].map((name) => ({ name, type: 'string' as const })),
    { name: 'score', type: 'double' }, { name: 'fallback', type: 'boolean' }, { name: 'predicted_at', type: 'timestamp' }, { name: 'predicted_date', type: 'date' },
  ],
};

export interface Shop {
  runtime: Runtime;
  registry: ModelRegistry;
  features: FeatureSet;
  /** Writes the log, after `change` had a look at every answer. */
  log(change?: (answer: Answer, index: number) => Answer): Promise<void>;
  dispose(): Promise<void>;
}

/**
 * Answers from a store that has every event (version 1) and from one that is some seconds behind (version 2). `deliveryMs`: so much later an event is in the lake
 * than in the store; then one of four also comes half a minute after it happened.
 */
export async function openShop({ minutes = 240, seed = 5, deliveryMs = 0 }: { minutes?: number; seed?: number; deliveryMs?: number } = {}): Promise<Shop> {
  const root = await mkdtemp(path.join(tmpdir(), 'millrace-monitor-'));
  const runtime = await openRuntime({ home: path.join(root, 'home'), project: PROJECT, create: true });
  const features = await loadFeatures(path.join(PROJECT, 'features'), (await runtime.project()).sources);
  const random = seededRandom(seed);
  const stores = await Promise.all(['now', 'behind'].map((name) => openLmdbStore({ folder: path.join(root, name), clock: testClock(START) })));
  const events: { at: number; arrivedAt: number; values: Record<string, string> }[] = [];
  const folded = stores.map(() => 0);
  const answers: Answer[] = [];
  const pick = (count: number): number => random.integer(count);
  for (let second = 0; second < minutes * 60; second += 5) {
    const now = START + second * 1000;
    const event = ['view', 'view', 'view', 'addtocart'][pick(4)]!;
    events.push({ at: now - pick(800) - (deliveryMs > 0 && pick(4) === 0 ? 30_000 : 0), arrivedAt: now, values: { timestamp: String(now), visitorid: `v${pick(20)}`, itemid: `i${pick(15)}`, event, event_id: `e${second}` } });
    events.at(-1)!.values['timestamp'] = String(events.at(-1)!.at);
    for (const [index, behind] of [0, BEHIND_MS].entries()) folded[index] = await fold(stores[index]!, features, events, folded[index]!, now - behind);
    if (second % 15 !== 0) continue;
    const [visitorid, itemid, at] = [`v${pick(20)}`, `i${pick(15)}`, now + 40];
    for (const [index, store] of stores.entries()) {
      const values = await served(features, store, { visitorid, itemid }, at);
      answers.push({ id: `p${second}-${index + 1}`, version: String(index + 1), visitorid, itemid, at, features: { ...values, discount: random.uniform() }, score: random.uniform() });
    }
  }
  await write(runtime, 'events', EVENTS, events.map(({ at, arrivedAt, values }): OpsRow => ({
    event_id: values['event_id']!, visitorid: values['visitorid']!, event: values['event']!, itemid: values['itemid']!, event_time: BigInt(at) * 1000n, event_date: Math.floor(at / 86_400_000), arrived_at: BigInt(arrivedAt + deliveryMs) * 1000n,
  })));
  await Promise.all(stores.map((store) => store.close()));
  const registry = registryOf(runtime);
  const first = answers.filter(({ version }) => version === '1');
  for (let version = 1; version <= 2; version += 1) {
    await registry.register(CARD, { kind: 'trees', model: STUMP }, modelBaseline(Object.fromEntries(INPUTS.map((name) => [name, Float32Array.from(first, (answer) => answer.features[name] ?? Number.NaN)])), Float32Array.from(first, ({ score }) => score)));
  }
  return {
    runtime, registry, features,
    async log(change = (answer) => answer) {
      await write(runtime, 'predictions', PREDICTIONS, answers.map((answer, index) => {
        const { id, version, visitorid, itemid, at, features: values, score, given } = change({ ...answer, features: { ...answer.features } }, index);
        return {
          prediction_id: id, kind: 'conversion', version, entity: JSON.stringify({ visitorid, itemid }), features: JSON.stringify(values), response: JSON.stringify({ score, given }), score, fallback: false,
          predicted_at: BigInt(at) * 1000n, predicted_date: Math.floor(at / 86_400_000),
        };
      }));
    },
    async dispose() {
      await runtime.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Folds what has arrived by then; gives how many events are folded. */
async function fold(store: LmdbStore, features: FeatureSet, events: readonly { arrivedAt: number; values: Record<string, string> }[], from: number, until: number): Promise<number> {
  let next = from;
  while (next < events.length && events[next]!.arrivedAt <= until) next += 1;
  const some = events.slice(from, next).map(({ arrivedAt, values }, index) => eventOf(features, 'events', { transactionid: null, device_type: null, query: null, ...values }, { arrivedAt, sequence: from + index + 1 }));
  if (some.length > 0) await foldBatch(store, features, some, { clock: testClock(START), random: () => 0.5 });
  return next;
}

/** As the API reads them. */
async function served(features: FeatureSet, store: LmdbStore, entity: Readonly<Record<string, string>>, at: number): Promise<Record<string, number | null>> {
  const names = INPUTS.filter((name) => viewOf(features, name) !== undefined);
  const views = [...new Set(names.map((name) => viewOf(features, name)!))].map((name) => features.views.get(name)!);
  const read = await readViews(store, views.map((view) => ({ view, entities: [view.entity.map((column) => entity[column]!)] })), at);
  return Object.fromEntries(names.map((name) => {
    const index = views.findIndex((view) => view.name === viewOf(features, name));
    const value = numberOf(read[index]![0]![name.slice(views[index]!.name.length + 1)] ?? null, at);
    return [name, Number.isNaN(value) ? null : value];
  }));
}

async function write(runtime: Runtime, name: string, definition: TableDefinition, rows: readonly OpsRow[]): Promise<void> {
  const table = await runtime.lake.findTable({ namespace: 'silver', name }) ?? await runtime.lake.createTable({ namespace: 'silver', name }, definition);
  await (await runtime.database()).use((session) => overwriteRows(session, table, { sql: 'TRUE' }, rowsAsSelect(table, rows), { temporaryFolder: runtime.home.temporary }));
}

export const CARD: Omit<ModelCard, 'version'> = {
  predictor: 'conversion', question: 'Will it?', entities: ['visitorid', 'itemid'], features: INPUTS, output: 'probability', algorithm: 'random_forest', parameters: {}, metrics: {}, reliability: [], importance: [],
  rows: { train: 1, validate: 0, test: 1 }, baseRate: 0.1, asOf: '2026-03-01', snapshots: {}, trainingSet: '', codeVersion: '0', trainedAt: 0, seconds: 0,
};
/** Of no tree: nothing here is scored again. */
export const STUMP: TreeModel = { objective: 'reg:squarederror', baseScore: 0, featureNames: INPUTS, featureKinds: INPUTS.map(() => 'numeric' as const), trees: [], attributes: {} };
