// Features for who scores: from any online store, and from the one of a home, which answers at once.
import { readViews, rememberedFeatures, type FeatureSet, type LmdbStore, type OnlineStore, type RememberedFeatures } from '../../features/index.ts';
import type { FeatureReader } from '../../serving/index.ts';

/** `store` gives undefined as long as there is none. */
export function featureReader(features: FeatureSet, store: () => OnlineStore | undefined): FeatureReader {
  return {
    entityOf: (view) => features.views.get(view)?.entity,
    views: () => [...features.views.keys()],
    async read(wanted, at) {
      return readViews(known(store()), wanted.map(({ view, entities }) => ({ view: features.views.get(view)!, entities })), at);
    },
  };
}

/** The same of a home. `store` gives the current one: a backfill makes another. */
export function homeFeatureReader(features: FeatureSet, store: () => LmdbStore | undefined): FeatureReader {
  let open: { store: LmdbStore; remembered: RememberedFeatures } | undefined;
  return {
    entityOf: (view) => features.views.get(view)?.entity,
    views: () => [...features.views.keys()],
    read(wanted, at) {
      const current = known(store());
      if (open?.store !== current) open = { store: current, remembered: rememberedFeatures(current) };
      return open.remembered.read(wanted.map(({ view, entities }) => ({ view: features.views.get(view)!, entities })), at);
    },
  };
}

function known<Store>(store: Store | undefined): Store {
  if (store === undefined) throw new Error('there is no online store yet');
  return store;
}
