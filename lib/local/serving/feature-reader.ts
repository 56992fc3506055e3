// Features for who scores, from the online store of the home.
import { readViews, type FeatureSet, type OnlineStore } from '../../features/index.ts';
import type { FeatureReader } from '../../serving/index.ts';

export function featureReader(features: FeatureSet, store: () => OnlineStore | undefined): FeatureReader {
  return {
    entityOf: (view) => features.views.get(view)?.entity,
    async read(wanted, at) {
      const open = store();
      if (open === undefined) throw new Error('there is no online store yet');
      return readViews(open, wanted.map(({ view, entities }) => ({ view: features.views.get(view)!, entities })), at);
    },
  };
}
