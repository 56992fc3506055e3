// What of a project streams: the contracts that declare one, and the models that follow from them.
import type { Project } from '../warehouse/index.ts';

/** `refresh`: models that read a stream's table, each with all that follows from it, as `--select` takes them. */
export function streamsOf({ sources, models }: Pick<Project, 'sources' | 'models'>): { contracts: string[]; refresh: string[] } {
  const contracts = [...sources.values()].filter(({ stream }) => stream !== undefined).map(({ name }) => name).sort();
  const tables = new Set(contracts.map((name) => `bronze.${name}`));
  return { contracts, refresh: [...models.values()].filter(({ reads }) => reads.some((read) => tables.has(read))).map(({ name }) => `${name}+`).sort() };
}
