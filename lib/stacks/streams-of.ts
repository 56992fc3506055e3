// What of a project streams: the contracts that declare one, and the models that follow from them.
import { columnsOf } from '../contracts/index.ts';
import type { Project } from '../warehouse/index.ts';

export interface Streams {
  /** Contracts that declare a stream. */
  contracts: readonly string[];
  /** Whether any of them has columns that name a person. */
  personal: boolean;
  /** Models that read a stream's table, each with all that follows from it, as `--select` takes them. */
  refresh: readonly string[];
}

export function streamsOf({ sources, models }: Pick<Project, 'sources' | 'models'>): Streams {
  const streaming = [...sources.values()].filter(({ stream }) => stream !== undefined);
  const tables = new Set(streaming.map(({ name }) => `bronze.${name}`));
  return {
    contracts: streaming.map(({ name }) => name).sort(),
    personal: streaming.some((contract) => columnsOf(contract).some(({ column }) => column.pii !== undefined)),
    refresh: [...models.values()].filter(({ reads }) => reads.some((read) => tables.has(read))).map(({ name }) => `${name}+`).sort(),
  };
}
