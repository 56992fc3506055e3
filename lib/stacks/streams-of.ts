// What of a project streams: the contracts that declare one, and the models that follow from them.
import { columnsOf } from '../contracts/index.ts';
import type { FeatureDeclarations } from '../features/index.ts';
import type { Project } from '../warehouse/index.ts';

export interface Streams {
  /** Contracts that declare a stream. */
  contracts: readonly string[];
  /** Those of them that online features are made from. */
  featured: readonly string[];
  /** Whether any of them has columns that name a person. */
  personal: boolean;
  /** Models that read a stream's table, each with all that follows from it, as `--select` takes them. */
  refresh: readonly string[];
}

export function streamsOf({ sources, models }: Pick<Project, 'sources' | 'models'>, features: FeatureDeclarations): Streams {
  const streaming = [...sources.values()].filter(({ stream }) => stream !== undefined);
  const tables = new Set(streaming.map(({ name }) => `bronze.${name}`));
  const featured = new Set(features.sources.map(({ source }) => source.options.contract ?? source.name));
  return {
    featured: streaming.map(({ name }) => name).filter((name) => featured.has(name)).sort(),
    contracts: streaming.map(({ name }) => name).sort(),
    personal: streaming.some((contract) => columnsOf(contract).some(({ column }) => column.pii !== undefined)),
    refresh: [...models.values()].filter(({ reads }) => reads.some((read) => tables.has(read))).map(({ name }) => `${name}+`).sort(),
  };
}
