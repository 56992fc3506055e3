// Contracts: what a source is, and everything derived from it.
export type * from './types.ts';
