// The engine of an AWS account.
export { AthenaEngine, type AthenaEngineOptions } from './engine.ts';
export { openAccountTables, type AccountTables, type AccountTablesOptions } from './account.ts';
