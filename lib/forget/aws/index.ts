// Forgetting in an account.
export { openAccountForget, type AccountForgetOptions } from './account.ts';
export { stageMachines, type StageMachines, type StageMachinesOptions } from './machine.ts';
export { itemTable, type ItemTableOptions } from './tables.ts';
