// The warehouse: SQL models, their graph, the dialect, and the engines that run them.
export * from './types.ts';
export { bindParameters, DUCKDB_PRELUDE, parametersOf, rewriteTables, tableReferences, tablesRead, toDuckDb } from './dialect/index.ts';
export { loadModels, projectOf } from './models/load.ts';
export { SYSTEM_TABLES, type Project } from './models/project.ts';
export { buildGraph, type Graph } from './models/graph.ts';
export { selectModels } from './models/select.ts';
export { didYouMean, nearNames } from './models/near.ts';
export { expandSources } from './models/sources.ts';
