// Experiments that decide in an account: one item of the API's table, put whole, that the scoring function reads every half minute.
import { MillraceError } from '../../base/index.ts';
import type { OnlineStore } from '../../features/index.ts';
import type { ServingContext } from '../context.ts';

/** As the scoring function takes them; only those that run decide on anything. */
export type PublishedExperiment = ServingContext['experiments'][number] & { state: string };

const ITEM = 'experiments';

export async function readExperiments(store: Pick<OnlineStore, 'get'>): Promise<PublishedExperiment[]> {
  const [item] = await store.get([ITEM]);
  return item === undefined ? [] : (JSON.parse(item.value) as PublishedExperiment[]);
}

/** In place of all that were there. @throws `conflict` where somebody else does the same at this moment. */
export async function publishExperiments(store: Pick<OnlineStore, 'get' | 'write'>, experiments: readonly PublishedExperiment[]): Promise<void> {
  const [before] = await store.get([ITEM]);
  const { ok } = await store.write([{ key: ITEM, value: JSON.stringify(experiments), expected: before?.version, version: (before?.version ?? 0) + 1, expiresAt: undefined }]);
  if (!ok) throw new MillraceError('conflict', 'somebody else publishes experiments at this moment', { todo: 'Look at theirs, then try again.' });
}
