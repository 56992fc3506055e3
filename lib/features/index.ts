// Features: declared once, computed by SQL over the lake and by reducers over the stream, kept in an online store.
export type * from './types.ts';
export { count, definitionOf, distinct, featureSource, featureView, first, last, max, min, ratio, sum } from './declare.ts';
export { compileFeatures, loadFeatures, readFeatureFiles, type FeatureDeclarations, type FeatureSet } from './load.ts';
export type { CompiledFeature, CompiledView, Series } from './view.ts';
export type { CompiledSource, EventRow } from './source.ts';
export { featuresAtSql, featuresOfPointsSql, type SqlOptions } from './sql.ts';
export { foldBatch, noFoldCounts, type FeatureEvent, type FoldCounts, type FoldOptions, type FoldResult } from './fold.ts';
export { readFeatures, readViews, type EntityId } from './read.ts';
export { rememberedFeatures, type RememberedFeatures } from './remembered.ts';
export type { Change, OnlineStore, StoredItem, WriteResult } from './store.ts';
export { fromSql, isSameValue } from './values.ts';
export { eventsOf, featuresHandler, type FeatureCounters, type FeaturesHandlerOptions } from './handler.ts';
export { openLmdbStore, type LmdbOptions, type LmdbStore } from './lmdb/store.ts';
export { nextGeneration, openOnlineHome, readOnlineHome, type ConsumedTo, type ConsumerCheckpoints, type NextGeneration, type OnlineHome, type OnlineHomeOptions } from './lmdb/home.ts';
export { backfillFeatures, type BackfillOptions, type BackfillReport } from './lake/backfill.ts';
export { fillOnlineHome } from './lake/fill.ts';
export { replayDay, type Difference, type ReplayOptions, type ReplayReport } from './lake/replay.ts';
export { featureSince, keptSince, noteNewSeries, type KeptSince } from './since.ts';
