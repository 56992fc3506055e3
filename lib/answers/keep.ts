// What answers and versions were made from is kept by tags for as long as somebody may ask for it, and no longer.
import type { Clock } from '../base/index.ts';
import { currentSnapshots, tableNameOf, type Lake, type SnapshotRef, type Table } from '../lake/index.ts';
import { batchSources, MODEL_TAG, TRAINING_KEPT_MS, UNUSED_KEPT_MS, type ModelRegistry, type Predictor } from '../learning/index.ts';
import { KEPT_DAYS, lifeOf } from './keep-life.ts';
import { FEATURES, type AnswerState, type AnswerStates } from './states.ts';

/** Names of tags that keep what answers were made from: `answers.<snapshot>`. */
export const ANSWER_TAG = 'answers.';

/** What an API answered from, whichever home it is of. */
export interface KeepForAnswers {
  lake: Lake;
  clock: Pick<Clock, 'now'>;
  states: AnswerStates;
  registry: Pick<ModelRegistry, 'predictors' | 'history' | 'damaged' | 'versions'>;
  /** Whose tables hold batch predictions. */
  predictors: Iterable<Pick<Predictor, 'writes'>>;
  /** How long after it could be answered from; default 30. */
  days?: number;
}

export interface KeptForAnswers {
  /** Snapshots that are tagged. */
  snapshots: number;
  /** Tags that nobody needs any more, removed. */
  released: number;
}

/**
 * Tags what must not expire and lifts the tags that are not needed any more; to be called before snapshots expire. Tags bear an age, so that
 * another engine's expiry honours them, too, and none stays for ever.
 */
export async function keepForAnswers({ lake, clock, states, registry, predictors, days = KEPT_DAYS }: KeepForAnswers): Promise<KeptForAnswers> {
  const now = clock.now();
  await noteFeatures(lake, states, now);
  const wanted = new Map<string, Map<string, number>>();
  const done: AnswerState[] = [];
  const want = (snapshots: AnswerState['snapshots'], until: number): void => {
    for (const [table, id] of Object.entries(snapshots)) {
      const ids = wanted.get(table) ?? new Map<string, number>();
      wanted.set(table, ids.set(id, Math.max(until, ids.get(id) ?? 0)));
    }
  };
  for (const part of await states.parts()) {
    for (const { state, until } of lifeOf(await states.list(part), now, days)) {
      if (until === undefined) done.push(state);
      else want(state.snapshots, until);
    }
  }
  for (const { writes } of predictors) {
    const table = await lake.findTable(tableNameOf(writes));
    const batches = table === undefined ? [] : batchSources(table).map(({ id, at, source }): AnswerState => ({ part: writes, at, snapshots: { ...source.snapshots, [writes]: id }, facts: {} }));
    for (const { state, until } of lifeOf(batches, now, days)) if (until !== undefined) want(state.snapshots, until);
  }
  const tables = (await Promise.all((await lake.listTables()).map((name) => lake.findTable(name)))).filter((table) => table !== undefined);
  // Looked at after the tags: a version is registered before it is tagged.
  const ended = await endedVersions(registry, new Set(tables.flatMap(({ metadata }) => Object.keys(metadata.refs).filter((name) => name.startsWith(MODEL_TAG)))), now);
  const kept: KeptForAnswers = { snapshots: 0, released: 0 };
  for (const table of tables) {
    const { snapshots, released } = await tagged(table, wanted.get(`${table.name.namespace}.${table.name.name}`) ?? new Map(), ended);
    kept.snapshots += snapshots;
    kept.released += released;
  }
  // Last: what is cut short is done again from the same states.
  for (const state of done) await states.forget(state);
  return kept;
}

/** Answers were given until now from tables as they are now, or as they were. */
async function noteFeatures(lake: Lake, states: AnswerStates, now: number): Promise<void> {
  const last = await states.last(FEATURES);
  if (last !== undefined) await states.note({ part: FEATURES, at: now, snapshots: await currentSnapshots(lake, Object.keys(last.snapshots)), facts: last.facts });
}

/** Of the tags of versions, those whose training set is not kept any more: the version is gone, or is old, or has never answered anybody and is not new. */
async function endedVersions(registry: KeepForAnswers['registry'], tags: ReadonlySet<string>, now: number): Promise<ReadonlySet<string>> {
  const ended = new Set(tags);
  for (const predictor of await registry.predictors()) {
    const used = new Set((await registry.history(predictor)).flatMap(({ aliases }) => Object.values(aliases)));
    for (const { version } of await registry.damaged(predictor)) ended.delete(`${MODEL_TAG}${predictor}.${version}`);
    for (const { version, trainedAt } of await registry.versions(predictor)) {
      if (now - trainedAt <= (used.has(version) ? TRAINING_KEPT_MS : UNUSED_KEPT_MS)) ended.delete(`${MODEL_TAG}${predictor}.${version}`);
    }
  }
  return ended;
}

/** In one commit, and in none where nothing changes. */
async function tagged(table: Table, wanted: ReadonlyMap<string, number>, ended: ReadonlySet<string>): Promise<KeptForAnswers> {
  const kept: KeptForAnswers = { snapshots: 0, released: 0 };
  await table.change((metadata) => {
    Object.assign(kept, { snapshots: 0, released: 0 });
    const refs: Record<string, SnapshotRef> = {};
    let isSame = true;
    for (const [name, ref] of Object.entries(metadata.refs)) {
      const isOver = ended.has(name) || (name.startsWith(ANSWER_TAG) && !wanted.has(name.slice(ANSWER_TAG.length)));
      if (isOver) [isSame, kept.released] = [false, kept.released + 1];
      else refs[name] = ref;
    }
    for (const snapshot of metadata.snapshots) {
      const id = snapshot['snapshot-id'];
      const until = wanted.get(String(id));
      if (until === undefined) continue;
      kept.snapshots += 1;
      const name = `${ANSWER_TAG}${id}`;
      const age = Math.max(0, until - snapshot['timestamp-ms']);
      if (refs[name]?.['max-ref-age-ms'] === age) continue;
      refs[name] = { 'snapshot-id': id, type: 'tag', 'max-ref-age-ms': age };
      isSame = false;
    }
    return isSame ? metadata : { ...metadata, refs };
  });
  return kept;
}
