// Models of the stream now and then: whatever reads a stream's table, and all that follows, once there are new rows.
import type { Project } from '../../warehouse/index.ts';
import type { Runtime } from '../runtime.ts';
import { streamContracts } from './checkers.ts';
import { Persistent, type StreamService } from './service.ts';

export interface RefreshStatus { runs: number; lastAt?: number; lastMilliseconds?: number; lastOutcome?: string; failure?: string }

/** Models that read a stream's table, each with all that follows from it, as a selection. */
export function modelsOfStreams({ sources, models }: Pick<Project, 'sources' | 'models'>): string[] {
  const tables = new Set([...sources.values()].filter(({ stream }) => stream !== undefined).map(({ name }) => `bronze.${name}`));
  return [...models.values()].filter(({ reads }) => reads.some((read) => tables.has(read))).map(({ name }) => `${name}+`).sort();
}

/** Runs the batch over a selection and gives its outcome in a word; undefined where another run is at work, which does it too. */
export type RunModels = (select: readonly string[], signal: AbortSignal) => Promise<string | undefined>;

export function openRefresh(runtime: Runtime, everyMilliseconds: number, runModels: RunModels): StreamService<RefreshStatus> {
  const { lake, clock } = runtime;
  const persistent = new Persistent(clock);
  const status: RefreshStatus = { runs: 0 };
  let seen = '';
  const work = async (signal: AbortSignal): Promise<void> => {
    const project = await runtime.project();
    const select = modelsOfStreams(project);
    const snapshots = await Promise.all(streamContracts(project.sources).map(async ({ name }) =>
      String((await lake.findTable({ namespace: 'bronze', name }))?.metadata['current-snapshot-id'])));
    if (select.length === 0 || snapshots.join() === seen) return;
    const began = clock.now();
    const outcome = await runModels(select, signal);
    if (outcome === undefined) return;
    seen = snapshots.join();
    Object.assign(status, { runs: status.runs + 1, lastAt: clock.now(), lastMilliseconds: clock.now() - began, lastOutcome: outcome });
  };
  return {
    name: 'refresh',
    status: () => ({ ...status, ...(persistent.failure === undefined ? {} : { failure: persistent.failure }) }),
    async run(signal) {
      await clock.sleep(everyMilliseconds, signal).catch(() => undefined);
      await persistent.every(everyMilliseconds, signal, () => work(signal));
    },
  };
}
