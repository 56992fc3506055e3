// The warehouse: SQL models, their graph, the dialect, and the engines that run them.
export type * from './types.ts';
