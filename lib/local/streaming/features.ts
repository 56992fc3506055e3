// The online features of a home: its streams folded into the store by the function that an account runs too.
import path from 'node:path';
import { featuresHandler, loadFeatures, openOnlineHome, type FeatureCounters } from '../../features/index.ts';
import { LocalFiles } from '../../lake/index.ts';
import type { StreamSource } from '../kinesis/index.ts';
import { failuresTo, Mapping, type MappingSettings, type MappingStatus } from '../mapping/index.ts';
import type { Runtime } from '../runtime.ts';
import { streamChecks, streamContracts } from './checkers.ts';
import type { StreamService } from './service.ts';

export interface FeaturesStatus {
  streams: MappingStatus[];
  /** Since this process began. */
  counters: Omit<FeatureCounters, 'stream' | 'lateness'>;
  failure?: string;
}

/** As the function is mapped in an account, but for the retries' pause. */
const SETTINGS: Partial<MappingSettings> = {
  batchSize: 500, parallelizationFactor: 2, reportBatchItemFailures: true, bisectBatchOnFunctionError: true, maximumRetryAttempts: 8, maximumRecordAgeMilliseconds: 6 * 3_600_000,
};
const SWEEP_EVERY_MS = 60_000;

/** @throws MillraceError `conflict` where another process writes the store. */
export async function openFeatures(runtime: Runtime, source: StreamSource, settings: Partial<MappingSettings> = {}): Promise<StreamService<FeaturesStatus>> {
  const { home, clock } = runtime;
  const project = await runtime.project();
  const contracts = streamContracts(project.sources);
  const features = await loadFeatures(path.join(runtime.projectFolder, 'features'), project.sources);
  const checkOf = streamChecks(runtime, contracts);
  const online = await openOnlineHome({ folder: home.online, clock });
  const counters: FeaturesStatus['counters'] = { records: 0, rejected: 0, unused: 0, failed: 0, folded: 0, replaced: 0, duplicates: 0, again: 0, written: 0, conflicts: 0 };
  let failure: string | undefined;
  const handler = featuresHandler({
    store: online.store, features, clock, checkerOf: async (stream) => (await checkOf(stream)).checker,
    onBatch: (batch, error) => {
      for (const key of Object.keys(counters) as (keyof typeof counters)[]) counters[key] += batch[key];
      failure = error?.message;
    },
  });
  // As in an account: a stream that no feature is made from is not read for them.
  const featured = contracts.filter(({ name }) => features.sourcesOf(name).length > 0);
  const mappings = featured.map(({ name }) => new Mapping({
    source, stream: name, handler, clock, checkpoints: online.checkpoints(name), settings: { ...SETTINGS, ...settings },
    onFailure: failuresTo(new LocalFiles(), home.failed, 'features', clock),
  }));
  return {
    name: 'features',
    status: () => ({ streams: mappings.map((mapping) => mapping.status()), counters, ...(failure === undefined ? {} : { failure }) }),
    async run(signal) {
      try {
        await Promise.all([...mappings.map((mapping) => mapping.run(signal)), sweepStore()]);
      } finally {
        await online.close();
      }
      /** What has expired goes, bit by bit. */
      async function sweepStore(): Promise<void> {
        while (!signal.aborted) {
          await clock.sleep(SWEEP_EVERY_MS, signal).catch(() => undefined);
          if (!signal.aborted) await online.store.sweep(clock.now()).catch((thrown: unknown) => (failure = String(thrown)));
        }
      }
    },
  };
}
