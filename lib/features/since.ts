// Since when each feature is kept online: a feature that is declared later knows only what came after, until the store is filled from the lake.
import { sinceKey } from './keys.ts';
import type { FeatureSet } from './load.ts';
import type { OnlineStore } from './store.ts';
import type { CompiledView } from './view.ts';

/** 0: from the beginning; else milliseconds since 1970; undefined: not kept yet. By the series' ids. */
export type KeptSince = Readonly<Record<string, number>>;

/** Notes series that are new as kept from now on. Call it once before the stream is folded. */
export async function noteNewSeries(store: OnlineStore, features: FeatureSet, now: number): Promise<void> {
  const views = [...features.views.values()];
  const known = await store.get(views.map((view) => sinceKey(view.name)));
  for (const [at, view] of views.entries()) {
    const before = known[at] === undefined ? {} : (JSON.parse(known[at].value) as KeptSince);
    if (view.series.every(({ id }) => before[id] !== undefined)) continue;
    const since = Object.fromEntries(view.series.map(({ id }) => [id, before[id] ?? now]));
    // Whoever was quicker noted the same.
    await store.write([{ key: sinceKey(view.name), value: JSON.stringify(since), expected: known[at]?.version, expiresAt: undefined }]);
  }
}

export async function keptSince(store: OnlineStore, view: CompiledView): Promise<KeptSince> {
  const [item] = await store.get([sinceKey(view.name)]);
  return item === undefined ? {} : (JSON.parse(item.value) as KeptSince);
}

/** Since when a feature is whole: the latest of what it is made from; undefined where a part of it is not kept. */
export function featureSince(view: CompiledView, name: string, since: KeptSince): number | undefined {
  const feature = view.features.find((one) => one.name === name);
  if (feature === undefined) return undefined;
  if ('series' in feature.from) return since[view.series[feature.from.series]!.id];
  const parts = feature.from.ratio.map((part) => featureSince(view, part, since));
  return parts.includes(undefined) ? undefined : Math.max(...(parts as number[]));
}
