// What forgetting a person needs, in a home: its lake, its runs, its landing folder, and the stores of its online features and of its API.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError } from '../base/index.ts';
import { Journal, type FileIngest } from '../batch/index.ts';
import { openLmdbStore, openOnlineHome } from '../features/index.ts';
import { itemsOf, onlineFeatures, rememberedAnswers, type ForgetContext, type OpenStore } from '../forget/index.ts';
import { sweepFolder } from '../ingest/index.ts';
import { LocalFiles } from '../lake/index.ts';
import { MODEL_TAG } from '../learning/index.ts';
import { OpsLog } from '../quality/index.ts';
import { ingestContext } from './file-ingest.ts';
import { runBatch } from './run-batch.ts';
import { lockRuns } from './run-lock.ts';
import { ANSWER_TAG } from '../answers/index.ts';
import { featuresOf } from './learning/index.ts';
import type { Runtime } from './runtime.ts';

/** Brings no file: the models are computed from what is there. */
const NO_FILES: FileIngest = {
  discover: async () => [],
  ingest: async () => ({ files: 0, seenBefore: 0, refused: 0, rows: 0, accepted: 0, rejected: 0 }),
};

/** Names of tags that forgetting lifts. */
export const LIFTED_TAGS: readonly string[] = [MODEL_TAG, ANSWER_TAG];

/** The ports of forgetting, in a home. */
export async function forgetInHome(runtime: Runtime): Promise<ForgetContext> {
  const { home, clock, lake, signal } = runtime;
  const [ingest, project] = await Promise.all([ingestContext(runtime), runtime.project()]);
  const { views } = existsSync(home.online) ? await featuresOf(runtime) : { views: new Map() };
  return {
    clock, project, ingest, liftedTags: LIFTED_TAGS, ...(signal === undefined ? {} : { signal }),
    ops: new OpsLog({ lake, database: runtime.database }),
    journal: new Journal(new LocalFiles(), path.join(home.root, 'runs')),
    async alone(work) {
      const unlock = await lockRuns(home.root);
      try {
        return await work();
      } finally {
        await unlock();
      }
    },
    compute: (options) => runBatch(runtime, { files: NO_FILES, options }),
    sweep: async () => void await sweepFolder(ingest, home.failed, signal === undefined ? {} : { signal }),
    landed: { exists: async (file) => existsSync(file), delete: async (file) => void await rm(file, { force: true }) },
    beside: [onlineFeatures(openOnline(runtime), views, project, 'millrace features backfill'), rememberedAnswers(openAnswers(runtime))],
    unreached: (source) => [
      ...(project.sources.get(source)?.stream === undefined ? [] : ["the stream's log keeps its records until its retention ends; what online features of others counted of them goes with its windows"]),
      ...(existsSync(path.join(home.root, 'api', 'answers')) ? ['the API finds its answers of the last 30 days by their ids'] : []),
    ],
  };
}

function openOnline({ home, clock }: Runtime): OpenStore {
  return async () => {
    if (!existsSync(path.join(home.online, 'current.json'))) return undefined;
    try {
      const { store, close } = await openOnlineHome({ folder: home.online, clock });
      return { ...itemsOf(store, clock.now()), close };
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'conflict') throw error;
      return `the online features are not reached while another process has them (${error.message}): stop it, and run this again`;
    }
  };
}

function openAnswers({ home, clock }: Runtime): OpenStore {
  return async () => {
    const folder = path.join(home.root, 'api');
    if (!existsSync(path.join(folder, 'data.mdb'))) return undefined;
    const store = await openLmdbStore({ folder, clock });
    return { ...itemsOf(store, clock.now()), close: () => store.close() };
  };
}
