// The last step: the staged rows become visible, all at once, by one commit.
import { MillraceError } from '../../base/index.ts';
import type { ChangeOptions, DataFile, Snapshot, Table } from '../../lake/index.ts';
import type { Model, Staging } from '../types.ts';
import { findTable, SUMMARY, type RunContext } from './context.ts';
import { insidePredicate } from './intervals.ts';
import { modelOf } from './plan.ts';
import { replacedKeys, runOptions, type PreparedModel } from './prepare.ts';
import { filesInIntervals, filesOfSamePartitions, intervalsOfPlan, pathsOfKeys, replacementOf, timeTypeOf } from './replacement.ts';
import { evolutionOf } from './target.ts';

/** Survives a JSON round trip. */
export interface PublishedModel { model: string; snapshotId: string; rowsAdded: number; rowsTotal: number; filesAdded: number; bytesAdded: number }

/**
 * Publishes a prepared, executed and audited model, and lets its staging place go. Calling it again after a crash publishes nothing twice.
 * Throws `conflict` where another writer changed what this run replaces: plan and run the model again.
 */
export async function publishModel(context: RunContext, prepared: PreparedModel): Promise<PublishedModel> {
  const { plan, staging } = prepared;
  const model = modelOf(context, plan.model);
  const table = await findTable(context.lake, model.name);
  if (table === undefined) throw new MillraceError('conflict', `the table ${model.name} is gone`, { todo: 'Run the model again.' });
  const earlier = publishedBy(table, staging.name);
  const snapshot = earlier ?? await commit(context, model, table, prepared, await context.engine.stagedFiles(staging));
  await context.engine.discard(staging, true);
  const count = (key: string) => Number(snapshot.summary[key] ?? 0);
  return {
    model: model.name,
    snapshotId: String(snapshot['snapshot-id']),
    rowsAdded: count('added-records'),
    rowsTotal: count('total-records'),
    filesAdded: count('added-data-files'),
    bytesAdded: count('added-files-size'),
  };
}

/** Lets a staging place go whose rows are not to be published. What was published from it stays. */
export async function discardModel(context: RunContext, name: string): Promise<void> {
  const table = await findTable(context.lake, name);
  for (const staging of await context.engine.listStagings(context.runId)) {
    if (staging.target === name) await context.engine.discard(staging, isPublished(table, staging));
  }
}

/** Lets go all places that earlier runs left behind. Only for when no other run is at work. */
export async function discardLeftovers(context: Pick<RunContext, 'engine' | 'lake'>): Promise<number> {
  const stagings = await context.engine.listStagings();
  for (const staging of stagings) {
    await context.engine.discard(staging, isPublished(await findTable(context.lake, staging.target), staging));
  }
  return stagings.length;
}

/** Whether any snapshot, a rolled back one too, holds its files. */
function isPublished(table: Table | undefined, staging: Staging): boolean {
  return table?.metadata.snapshots.some((snapshot) => snapshot.summary['wap.id'] === staging.name) ?? false;
}

function publishedBy(table: Table, wapId: string): Snapshot | undefined {
  const byId = new Map(table.metadata.snapshots.map((snapshot) => [snapshot['snapshot-id'], snapshot]));
  for (let id = table.metadata['current-snapshot-id']; id !== undefined;) {
    const snapshot = byId.get(id);
    if (snapshot === undefined || snapshot.summary['wap.id'] === wapId) return snapshot;
    id = snapshot['parent-snapshot-id'];
  }
  return undefined;
}

async function commit(context: RunContext, model: Model, table: Table, prepared: PreparedModel, files: readonly DataFile[]): Promise<Snapshot> {
  const { plan, base } = prepared;
  const basedOn = base === null ? undefined : table.metadata.snapshots.find((snapshot) => String(snapshot['snapshot-id']) === base);
  if (base !== null && basedOn === undefined) {
    throw new MillraceError('conflict', `the snapshot ${base} that this run was computed from is gone`, { where: model.name, todo: 'Run the model again.' });
  }
  const options = {
    wapId: prepared.staging.name, summary: summaryOf(context, prepared), basedOn: { snapshot: basedOn }, metadataChange: evolutionOf(model, plan),
    signal: context.signal,
  };
  const replacement = replacementOf(model, plan, base);
  const rewrite = async (remove: readonly DataFile[], reads?: Pick<ChangeOptions, 'reads'>) =>
    (await table.rewriteFiles({ remove, add: files }, { ...options, ...reads })).snapshot;
  const snapshot = await (async () => {
    if (replacement === 'everything' || base === null) return (await table.overwrite(files, { all: true }, options)).snapshot;
    switch (replacement) {
      case 'intervals': {
        const column = model.time?.column ?? '';
        const intervals = intervalsOfPlan(plan);
        const { whole, partly } = await filesInIntervals(table, base, column, intervals);
        return rewrite([...whole, ...partly], { reads: insidePredicate(intervals, column, timeTypeOf(table.schema, column)) });
      }
      case 'keys': return rewrite(await filesOfKeys(context, model, table, prepared, base));
      case 'partitions': return rewrite(await filesOfSamePartitions(table, base, files));
    }
  })();
  if (snapshot === undefined) throw new MillraceError('internal', `nothing was committed to ${model.name}`);
  return snapshot;
}

/** Files that hold a key that is replaced. What of them stays was staged too. */
async function filesOfKeys(context: RunContext, model: Model, table: Table, { plan, staging }: PreparedModel, base: string): Promise<DataFile[]> {
  const keys = await replacedKeys(context, model, plan, staging, base);
  const found = await context.engine.query(pathsOfKeys(model, base, keys ?? ''), runOptions(context, plan));
  const paths = new Set(found.rows.map(([path]) => String(path)));
  const { files } = await table.scan({ snapshotId: BigInt(base) });
  const held = files.map(({ file }) => file).filter(({ path }) => paths.has(path));
  if (held.length !== paths.size) throw new MillraceError('internal', `${paths.size - held.length} files of ${model.name} are not where its metadata say`);
  return held;
}

function summaryOf(context: RunContext, { plan }: PreparedModel): Record<string, string> {
  return {
    [SUMMARY.runId]: context.runId,
    [SUMMARY.model]: plan.model,
    [SUMMARY.fingerprint]: plan.fingerprint,
    [SUMMARY.definition]: plan.definition,
    [SUMMARY.inputs]: JSON.stringify(plan.inputs),
    [SUMMARY.parameters]: JSON.stringify(plan.parameters),
    [SUMMARY.computed]: plan.extent.part === 'intervals' ? JSON.stringify(plan.extent.intervals) : plan.extent.part,
  };
}
