// The registry alone: for who lists versions, and does not wait for what trains them.
export type { AliasState } from './alias-state.ts';
export { modelCardText } from './card-text.ts';
export type { ModelCard } from './card.ts';
export { probabilityText } from './figures.ts';
export { ModelRegistry } from './registry.ts';
export { modelStoreOn } from './store.ts';
